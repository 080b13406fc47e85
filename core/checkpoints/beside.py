"""Reads the ``.yaml`` of a checkpoint's name beside it: its training, as CompVis' and Stability AI's code has it.

AUTOMATIC1111's program and InvokeAI read it, too. The text comes from outside: only its first bytes are read, and
only as texts, lists and mappings.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken
from core.language.words import tr
from core.request.traits import told

log = logging.getLogger(__name__)

SUFFIX = ".yaml"
MOST_BYTES = 2**16

_SCALINGS = {"VScaling": "v", "EpsScaling": "epsilon"}
"""Classes of ``sgm.modules.diffusionmodules.denoiser_scaling`` in Stability AI's generative-models."""

_SCHEDULE = {"timesteps": 1000, "linear_start": 0.00085, "linear_end": 0.012}
"""The noise schedule of all models of Stable Diffusion, by the names of the file."""


def said_beside(file: Path) -> dict[str, Any]:
    """Returns the traits that the file beside a checkpoint tells; nothing without one that can be read.

    Raises ModelBroken where it asks for a noise schedule that no sampler here follows.
    """
    path = file.with_suffix(SUFFIX)
    params = _mapping(_mapping(_read(path).get("model")).get("params"))
    denoiser = _mapping(_mapping(params.get("denoiser_config")).get("params"))
    scaling = _class_in(denoiser, "scaling_config")
    if "EDM" in scaling or "EDM" in _class_in(denoiser, "discretization_config"):
        raise _refused(file, path, "EDM")
    for name, usual in _SCHEDULE.items():
        if (value := params.get(name)) is not None and not _is_number(value, usual):
            raise _refused(file, path, f"{name} {value!s:.20}")
    return told("prediction_type", _text(params.get("parameterization")), _SCALINGS.get(scaling))


def _refused(file: Path, path: Path, schedule: str) -> ModelBroken:
    words = tr(
        "is trained on another noise schedule ({schedule}), which Emulsion cannot use yet", schedule=schedule
    )
    return ModelBroken(file, tr("it {words}: that is in {name} beside it", words=words, name=path.name))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            content = file.read(MOST_BYTES)
    except OSError as error:
        log.info("%s tells nothing about its model: %s", path, error)
        return {}
    import yaml  # for the few checkpoints that have one

    try:
        # the plainest loader: no tags, numbers or merged keys, by which small files become large objects
        return _mapping(yaml.load(content, yaml.BaseLoader))
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        log.info("%s tells nothing about its model: %s", path, error)
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _class_in(params: Mapping[str, Any], name: str) -> str:
    """Returns the name of the class that a part of the configuration is made of."""
    target = _mapping(params.get(name)).get("target")
    return target.rpartition(".")[2] if isinstance(target, str) else ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_number(value: object, expected: float) -> bool:
    try:
        return float(cast("str", value)) == expected
    except (ValueError, TypeError):
        return False
