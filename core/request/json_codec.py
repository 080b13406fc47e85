"""The JSON form of a request, and checked values of JSON that comes from outside."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from core.request.autoencoder_codec import autoencoder_from_json, autoencoder_to_json
from core.request.lora_codec import loras_from_json, loras_to_json
from core.request.request import (
    COUNT,
    LARGEST_GUIDANCE_SCALE,
    LARGEST_SEED,
    STEPS,
    WEIGHT_BITS,
    GenerationRequest,
    Size,
    Source,
)
from core.request.samplers import SAMPLERS

LARGEST_LENGTH_PX = 2**16


def request_to_json(request: GenerationRequest) -> dict[str, Any]:
    return {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model,
        "width": request.size.width,
        "height": request.size.height,
        "sampler": request.sampler,
        "steps": request.steps,
        "guidance_scale": request.guidance_scale,
        "seed": request.seed,
        "count": request.count,
        "source": _source_to_json(request.source),
        **({"loras": loras_to_json(request.loras)} if request.loras else {}),
        **({"autoencoder": autoencoder_to_json(request.autoencoder)} if request.autoencoder else {}),
        **({"weight_bits": request.weight_bits} if request.weight_bits is not None else {}),
    }


def request_from_json(content: Mapping[str, Any]) -> GenerationRequest:
    """Reads a request; numbers are brought into their range, an unknown sampler becomes the default one.

    Raises ValueError with a sentence when a value is of the wrong kind.
    """
    default = GenerationRequest("")
    lengths_px = range(1, LARGEST_LENGTH_PX + 1)
    sampler = text_of(content.get("sampler", default.sampler), "sampler")
    seed = content.get("seed")
    return GenerationRequest(
        prompt=text_of(content.get("prompt", ""), "prompt"),
        negative_prompt=text_of(content.get("negative_prompt", ""), "negative_prompt"),
        model=text_of(content.get("model", default.model), "model"),
        size=Size(
            whole_of(content.get("width", default.size.width), "width", lengths_px),
            whole_of(content.get("height", default.size.height), "height", lengths_px),
        ),
        sampler=sampler if sampler in SAMPLERS else default.sampler,
        steps=whole_of(content.get("steps", default.steps), "steps", STEPS),
        guidance_scale=number_of(
            content.get("guidance_scale", default.guidance_scale), "guidance_scale", LARGEST_GUIDANCE_SCALE
        ),
        seed=None if seed is None else whole_of(seed, "seed", range(LARGEST_SEED + 1)),
        count=whole_of(content.get("count", default.count), "count", COUNT),
        source=_source(content.get("source")),
        loras=loras_from_json(content.get("loras", [])),
        autoencoder=autoencoder_from_json(content.get("autoencoder")),
        weight_bits=_weight_bits(content.get("weight_bits")),
    )


def plain_name(model: str) -> str:
    """The last part of a model's path: a picture from outside must not make the program open a path."""
    parts = [part for part in re.split(r"[/\\]", model) if part.strip(". ")]
    return parts[-1] if parts else ""


def parse_json(text: str) -> Any:
    """Reads JSON of unknown origin. Raises ValueError with a sentence."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("its recipe is damaged: it is not readable JSON") from error


def object_of(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise damaged(name, value, "an object")
    return cast("dict[str, Any]", value)


def text_of(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise damaged(name, value, "text")
    return value


def whole_of(value: object, name: str, allowed: range) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise damaged(name, value, "a whole number")
    return min(max(value, allowed[0]), allowed[-1])


def number_of(value: object, name: str, largest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise damaged(name, value, "a number")
    return float(min(max(value, 0), largest))


def _weight_bits(value: object) -> int | None:
    """Of other numbers the next one that there is."""
    if value is None:
        return None
    bits = whole_of(value, "weight_bits", range(1, 33))
    return min(WEIGHT_BITS, key=lambda known: abs(known - bits)) if bits < 16 else None


def _source_to_json(source: Source | None) -> dict[str, Any] | None:
    """Where the picture lies on somebody's disk is nobody else's business."""
    if source is None:
        return None
    return {"name": plain_name(source.path), "sha256": source.sha256, "strength": source.strength}


def _source(value: object) -> Source | None:
    if value is None:
        return None
    content = object_of(value, "source")
    sha256 = text_of(content.get("sha256", ""), "sha256")
    if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
        raise damaged("sha256", sha256, "hexadecimal digits")
    name = plain_name(text_of(content.get("name", ""), "name"))
    return Source(name, number_of(content.get("strength"), "strength", 1.0), sha256)


def damaged(name: str, value: object, expected: str) -> ValueError:
    came = repr(value)
    return ValueError(f"its recipe is damaged: {name} is {came[:60]}; expected {expected}")
