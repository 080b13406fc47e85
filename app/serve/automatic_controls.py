"""Units of the ControlNet extension in ``alwayson_scripts``, as its ``scripts/api.py`` takes them."""

from __future__ import annotations

import re
from typing import Any, cast

from app.serve.fields import Fields, refused, unfit
from app.serve.received import Received, bytes_of
from core.language.words import tr
from core.request.control import NO_PREPROCESSOR, PREPROCESSORS, Control
from core.request.json_values import plain_name

_HASH = re.compile(r"\s*\[[0-9a-f]{1,64}\]$")
_BALANCED, _CUT = ("Balanced", 0, "0"), ("Crop and Resize", "Scale to Fit (Inner Fit)", 1, "1")
_MODULES = {one.module: key for key, one in PREPROCESSORS.items()} | {"None": NO_PREPROCESSOR}


def controls_of(scripts: Fields, received: Received) -> tuple[Control, ...]:
    """Returns the pictures that guide; scripts other than ControlNet are refused where they are on.

    Raises InvalidRequest or SaveFailed.
    """
    controls: list[Control] = []
    for name in [*scripts.left]:
        told = scripts.part(name)
        arguments = told.items("args")
        if name.lower() == "controlnet":
            units = [Fields(cast("dict[str, Any]", unit)) for unit in arguments if isinstance(unit, dict)]
            controls += [_control(unit, received) for unit in units if unit.flag("enabled", default=True)]
        elif any(arguments):
            raise refused("alwayson_scripts", tr("The script {name} is not here; leave it out.", name=name[:60]))
    return tuple(controls)


def _control(unit: Fields, received: Received) -> Control:
    module = unit.text("module", "none")
    if module not in _MODULES:
        raise unfit("module", module, tr("one of {names}", names=", ".join(_MODULES)))
    for name, neutral in (("control_mode", _BALANCED), ("resize_mode", _CUT)):
        if (value := unit.any(name)) is not None and value not in neutral:
            raise unfit(name, value, neutral[0])
    for name in ("mask", "mask_image", "effective_region_mask"):
        if unit.any(name):
            raise refused(
                name, tr("A unit of ControlNet guides the whole picture here; leave {name} out.", name=name)
            )
    picture = unit.any("image") or unit.any("input_image")
    if isinstance(picture, dict):
        picture = cast("dict[str, Any]", picture).get("image")
    preprocessor = _MODULES[module]
    limits = PREPROCESSORS[preprocessor].values
    given = [unit.number(name, -1.0) for name in ("threshold_a", "threshold_b")][: len(limits)]
    values = tuple(own.default if value < 0 else value for value, own in zip(given, limits, strict=False))
    return Control(
        plain_name(_HASH.sub("", unit.text("model"))),
        str(received.keep("image", bytes_of("image", picture))),
        preprocessor=preprocessor,
        values=values,
        weight=unit.number("weight", 1.0),
        start=unit.number("guidance_start", 0.0),
        end=unit.number("guidance_end", 1.0),
    )
