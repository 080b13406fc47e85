"""The upscaler that enlarges the finished picture.

In the ``parameters`` text it is two entries, ``Postprocess upscale by: 4, Postprocess upscaler: 4x-UltraSharp``,
as the extras of AUTOMATIC1111's program write them (``scripts/postprocessing_upscale.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.request import GenerationRequest, Limits, Upscaler
from core.request.setting import Option, Setting, json_reader, short_number, sparse_json_writer
from core.request.typed_values import needing, typed_number

FACTORS = (1.0, 8.0)
LARGEST_SIDE = 16_384
_NAME = "Postprocess upscaler"
_BY = "Postprocess upscale by"
_HASH = re.compile(r"([0-9a-f]{8,64})?")
_NONE = frozenset({"", "none"})


def upscaler_to_json(upscaler: Upscaler) -> dict[str, Any]:
    """Returns a name without folders."""
    return {"name": upscaler.key, "factor": upscaler.factor, "sha256": upscaler.sha256}


def upscaler_from_json(value: object) -> Upscaler | None:
    """Reads what `upscaler_to_json` wrote, hostile ones too. Raises ValueError with a sentence."""
    if value is None:
        return None
    content = cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
    name, factor, sha256 = content.get("name"), content.get("factor", 0.0), content.get("sha256", "")
    is_number = isinstance(factor, (int, float)) and not isinstance(factor, bool) and _is_factor(factor)
    if not isinstance(name, str) or not is_number or not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
        raise ValueError(tr("its recipe is damaged: its upscaler is not given as name, factor and SHA-256"))
    key = Upscaler(name).key
    return Upscaler(key, float(cast(float, factor)), sha256) if key.strip(". ") else None


def upscaler_words(upscaler: Upscaler | None) -> str:
    if upscaler is None:
        return "none"
    return (
        tr("{key}, {short_number} times as wide", key=upscaler.key, short_number=short_number(upscaler.factor))
        if upscaler.factor
        else upscaler.key
    )


def _is_factor(factor: float) -> bool:
    return factor == 0 or FACTORS[0] <= factor <= FACTORS[1]


def _check(request: GenerationRequest, limits: Limits) -> None:
    upscaler = request.upscaler
    if upscaler is None:
        return
    if not _is_factor(upscaler.factor):
        raise InvalidRequest(
            "upscale by",
            upscaler.factor,
            tr("a number from {factors:g} to {factors_2:g}", factors=FACTORS[0], factors_2=FACTORS[1]),
        )
    size = request.size if request.hires is None else request.hires.target(request.size, limits.size_step)
    longer = max(size.width, size.height)
    if longer * upscaler.factor > LARGEST_SIDE:
        raise InvalidRequest(
            "upscale by",
            upscaler.factor,
            tr("a picture of {largest_side} pixels at most", largest_side=LARGEST_SIDE),
        )


def _to_parameters(upscaler: Upscaler | None) -> dict[str, object]:
    if upscaler is None:
        return {}
    return {_BY: short_number(upscaler.factor), _NAME: upscaler.key}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Leaves what cannot be read where it is."""
    name = told.get(_NAME, "")
    try:
        factor = float(told.get(_BY, "0"))
    except ValueError:
        return
    if name.strip().lower() not in _NONE and _is_factor(factor):
        del told[_NAME]
        told.pop(_BY, None)
        content["upscaler"] = upscaler_to_json(Upscaler(name, factor))


def _by(text: str, upscaler: Upscaler | None) -> Upscaler:
    factor = typed_number("upscale by", text, FACTORS[1])
    if upscaler is None:
        raise needing("upscale by", text, "--upscale-by", "--upscaler")
    return Upscaler(upscaler.name, factor, upscaler.sha256)


UPSCALER: Setting[Upscaler | None] = Setting(
    name="upscaler",
    noun=mark("upscaler"),
    words=upscaler_words,
    card=tr("enlarged by {}"),
    from_json=json_reader("upscaler", upscaler_from_json),
    to_json=sparse_json_writer("upscaler", upscaler_to_json),
    check=_check,
    options=(
        Option(
            "--upscaler",
            "NAME",
            tr("enlarge the finished picture by an upscaler, by name or file (default: none)"),
            lambda text, now: Upscaler(text, now.factor if now else 0.0),
        ),
        Option(
            "--upscale-by",
            "FACTOR",
            tr(
                "by how much width and height grow, up to {factors:g} (default: the upscaler's own scale)",
                factors=FACTORS[1],
            ),
            _by,
            numbers="any",
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    facet=lambda upscaler: (upscaler.key,) if upscaler else (),
)
