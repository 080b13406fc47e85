"""sd-parsers' results as ours. Its parsers get texts that were read and bounded by `core.pictures.text_chunks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sd_parsers.data import PromptInfo
from sd_parsers.exceptions import ParserError
from sd_parsers.parsers import Parser

from core.recipes.other_programs.found import Found


def parsed(parser: type[Parser], texts: Mapping[str, Any], program: str) -> Found | None:
    """Returns the result of one of the library's parsers, None if it finds no sampler."""
    try:
        info = parser().parse(dict(texts))
    except ParserError:
        return None
    return _found(info, program) if info.samplers else None


def _found(info: PromptInfo, program: str) -> Found:
    """Returns the settings of the first sampling; a picture may have been sampled several times."""
    sampler = info.samplers[0]
    settings: dict[str, Any] = dict(sampler.parameters)
    others: dict[str, object] = dict(info.metadata)
    model = sampler.model
    return Found(
        program=program,
        prompt=info.full_prompt,
        negative_prompt=info.full_negative_prompt,
        model=(model.name if model else "") or "",
        model_hash=(model.hash if model else "") or "",
        sampler=sampler.name,
        schedule=settings.pop("scheduler", ""),
        steps=settings.pop("steps", others.pop("steps", None)),
        guidance_scale=settings.pop("cfg_scale", None),
        seed=settings.pop("seed", settings.pop("noise_seed", None)),
        width=others.pop("width", None),
        height=others.pop("height", None),
        others={**others, **settings},
    )
