"""A second noise, mixed into that of the seed, and a size of another picture whose layout is kept.

In the ``parameters`` text these are three entries, ``Variation seed: 5, Variation seed strength: 0.2, Seed resize
from: 512x512``, as AUTOMATIC1111's program writes them (``modules/processing.py``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, cast

from core.errors import InvalidRequest
from core.language.words import mark, tr
from core.request.json_values import number_of, object_of, whole_of
from core.request.request import LARGEST_SEED, GenerationRequest, Limits, Size, Variation
from core.request.setting import Option, Setting, json_reader, short_number, sparse_json_writer
from core.request.typed_values import needing, typed_number, typed_whole_number

SEEDS = range(LARGEST_SEED + 1)
_SEED, _STRENGTH, _SIZE = "Variation seed", "Variation seed strength", "Seed resize from"
_SIZES = range(64, 16_385)


def _to_json(variation: Variation) -> dict[str, Any]:
    size = str(variation.size) if variation.size else None
    return {"seed": variation.seed, "strength": variation.strength, "size": size}


def _from_json(value: object) -> Variation | None:
    if value is None:
        return None
    content = object_of(value, "variation")
    seed, size = content.get("seed"), content.get("size")
    return _useful(
        Variation(
            number_of(content.get("strength", 0.0), "variation", 1.0),
            None if seed is None else whole_of(seed, "variation", SEEDS),
            _size_of(size) if isinstance(size, str) else None,
        )
    )


def _size_of(text: str) -> Size | None:
    try:
        size = Size.parse(text)
    except InvalidRequest:
        return None
    return size if size.width in _SIZES and size.height in _SIZES else None


def _useful(variation: Variation) -> Variation | None:
    return variation if variation.strength or variation.size else None


def _check(request: GenerationRequest, _limits: Limits) -> None:
    variation = request.variation
    if variation is None:
        return
    if not 0 <= variation.strength <= 1:  # also what is not a number
        raise InvalidRequest(
            "variation strength", variation.strength, tr("a number from 0 to {largest:g}", largest=1.0)
        )
    if variation.seed is not None and variation.seed not in SEEDS:
        raise InvalidRequest(
            "variation seed",
            variation.seed,
            tr("a whole number from 0 to {largest_seed}", largest_seed=LARGEST_SEED),
        )
    size = variation.size
    if size is not None and (size.width not in _SIZES or size.height not in _SIZES):
        raise InvalidRequest("seed size", size, tr("64 to {most} pixels each way", most=_SIZES[-1]))


def _words(variation: Variation | None) -> str:
    if variation is None:
        return tr("none")
    parts: list[str] = []
    if variation.strength:
        seed = tr("random") if variation.seed is None else str(variation.seed)
        parts.append(tr("{strength:g} of seed {seed}", strength=variation.strength, seed=seed))
    if variation.size:
        parts.append(tr("layout of {size}", size=variation.size))
    return ", ".join(parts)


def _to_parameters(variation: Variation | None) -> Mapping[str, object]:
    entries: dict[str, object] = {}
    if variation is not None and variation.strength:
        entries |= {_SEED: variation.seed, _STRENGTH: short_number(variation.strength)}
    if variation is not None and variation.size:
        entries[_SIZE] = variation.size
    return {key: value for key, value in entries.items() if value is not None}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    """Leaves what cannot be read where it is; a strength without its seed cannot be repeated."""
    read: dict[str, Any] = {}
    seed, strength = told.get(_SEED, ""), _strength_of(told.get(_STRENGTH, ""))
    if strength and re.fullmatch(r"\d{1,20}", seed, re.ASCII) and int(seed) in SEEDS:
        read |= {"seed": int(seed), "strength": strength}
        del told[_SEED], told[_STRENGTH]
    elif strength == 0:
        told.pop(_SEED, None)
        del told[_STRENGTH]
    if size := _size_of(told.get(_SIZE, "")):
        read["size"] = str(size)
        del told[_SIZE]
    if read:
        content["variation"] = {"seed": None, "strength": 0.0, "size": None} | read


def _strength_of(text: str) -> float | None:
    try:
        strength = float(text)
    except ValueError:
        return None
    return strength if math.isfinite(strength) and 0 <= strength <= 1 else None


def _with_strength(text: str, now: Variation | None) -> Variation | None:
    variation = now or Variation()
    return _useful(Variation(typed_number("variation strength", text, 1.0), variation.seed, variation.size))


def _with_seed(text: str, now: Variation | None) -> Variation:
    seed = typed_whole_number("variation seed", text, SEEDS)
    if now is None or not now.strength:
        raise needing("variation seed", text, "--variation-seed", tr("--variation (above 0)"))
    return Variation(now.strength, seed, now.size)


def _with_size(text: str, now: Variation | None) -> Variation:
    variation = now or Variation()
    return Variation(variation.strength, variation.seed, Size.parse(text))


VARIATION: Setting[Variation | None] = Setting(
    name="variation",
    noun=mark("variation"),
    words=_words,
    from_json=json_reader("variation", _from_json),
    to_json=sparse_json_writer("variation", lambda variation: _to_json(cast(Variation, variation))),
    check=_check,
    options=(
        Option(
            "--variation",
            "STRENGTH",
            tr("mix a second noise into that of the seed, from 0 (off) to 1 (nothing of the first is left)"),
            _with_strength,
            numbers="any",
        ),
        Option(
            "--variation-seed",
            "N",
            tr("start of the second noise (default: any); with several pictures this one counts up"),
            _with_seed,
            numbers="whole",
        ),
        Option(
            "--seed-size",
            "WxH",
            tr("keep the layout that the seed has at this size, in the middle of a picture of another size"),
            _with_size,
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    can_branch=False,
)
