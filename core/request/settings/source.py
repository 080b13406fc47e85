"""The picture to begin with, and how much of it is turned into noise (SDEdit, Meng et al. 2022)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import damaged, number_of, object_of, plain_name, text_of
from core.request.request import GenerationRequest, Limits, Source
from core.request.setting import Option, Setting, number_taker, short_number
from core.request.typed_values import needing, typed_number

DEFAULT_STRENGTH = 0.6
_NAME = "Source picture"
_HASH = "Source hash"
_HASH_DIGITS = 10
_take_strength = number_taker("Denoising strength", "strength", (0.0, 1.0))


def _check(request: GenerationRequest, _limits: Limits) -> None:
    source, steps = request.source, request.steps
    if source is None:
        return
    if not 0 < source.strength <= 1:  # also refuses NaN
        raise InvalidRequest("strength", source.strength, tr("a number above 0 and at most 1"))
    if source.steps_of(steps) < 1:
        least = math.ceil(100 / steps) / 100
        raise InvalidRequest(
            "strength",
            source.strength,
            tr("at least {least:g}: of {steps} steps one must remain", least=least, steps=steps),
        )
    path = Path(source.path)
    try:
        is_there = path.is_absolute() and path.is_file()
    except ValueError:  # NUL
        is_there = False
    if not is_there:
        raise InvalidRequest("image", source.path, tr("a picture file that is there"))


def _to_json(source: Source | None) -> dict[str, Any]:
    """Leaves out the folder: where a picture lies on somebody's disk is nobody else's business."""
    if source is None:
        return {"source": None}
    told = {"name": plain_name(source.path), "sha256": source.sha256, "strength": source.strength}
    return {"source": told}


def _from_json(content: Mapping[str, Any]) -> Source | None:
    if content.get("source") is None:
        return None
    told = object_of(content["source"], "source")
    sha256 = text_of(told.get("sha256", ""), "sha256")
    if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
        raise damaged("sha256", sha256, "hexadecimal digits")
    name = plain_name(text_of(told.get("name", ""), "name"))
    return Source(name, number_of(told.get("strength"), "strength", 1.0), sha256)


def _to_parameters(source: Source | None) -> dict[str, object]:
    if source is None:
        return {}
    return {
        "Denoising strength": short_number(source.strength),
        _NAME: plain_name(source.path),
        _HASH: source.sha256[:_HASH_DIGITS],
    }


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Leaves out the strength that AUTOMATIC1111's program gives to its enlarging."""
    if any(key.startswith("Hires") for key in told):
        return
    source: dict[str, Any] = {}
    _take_strength(told, source)
    if source:
        content["source"] = source | {"name": told.pop(_NAME, ""), "sha256": told.pop(_HASH, "").lower()}


def _name_of(source: Source) -> str:
    return plain_name(source.path) or tr("a picture that is not known")


def _parts(source: Source | None) -> dict[str, str]:
    if source is None:
        return {"source": "none", "strength": "none"}
    return {"source": _name_of(source), "strength": f"{source.strength:g}"}


def _typed_strength(text: str, source: Source | None) -> Source:
    if source is None:
        raise needing("strength", text, "--strength", "--image")
    return replace(source, strength=typed_number("strength", text, 1.0))


SOURCE: Setting[Source | None] = Setting(
    name="source",
    noun=mark("source"),
    label=tr("Starts from"),
    words=lambda source: (
        tr("{name}, strength {strength:g}", name=_name_of(source), strength=source.strength) if source else "none"
    ),
    parts=_parts,
    from_json=_from_json,
    to_json=_to_json,
    check=_check,
    options=(
        Option(
            "--image",
            "FILE",
            tr("a picture to start from, instead of noise (image to image)"),
            lambda text, _: Source(str(Path(text).expanduser().absolute()), DEFAULT_STRENGTH),
        ),
        Option(
            "--strength",
            "S",
            tr(
                "how much of --image changes: above 0, at most 1; the last S x steps are made "
                "(default: {default_strength:g})",
                default_strength=DEFAULT_STRENGTH,
            ),
            _typed_strength,
            numbers="any",
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    can_branch=False,
    can_be_used=False,
)
