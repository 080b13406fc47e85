"""The recipe of a picture: everything that is needed to make it again, and its JSON form.

The JSON is versioned. Keys that this version does not know are left alone, so that later ones (LoRAs) can be
added; a change that makes old readers wrong raises `FORMAT`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from core.film.film import ModelIdentity, Parent
from core.pictures.picture import GeneratedImage, Stage
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
from core.version import VERSION

FORMAT = 1
LARGEST_LENGTH_PX = 2**16
_LIBRARIES = ("torch", "diffusers", "transformers")
_STAGES: Mapping[str, Stage] = {"final": "final", "denoised": "denoised", "noisy": "noisy"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a picture was made, as far as its file tells. Text in it comes from outside: show it as plain text.

    Attributes:
        request: generating this again gives the same picture. Its model is a name, never a path, and "" when
            the file names none; its sampler is one that exists. A picture with a parent needs that run too.
            Of a source picture only the name is known, see `core.pictures.source.found`.
        model, stage, step, device, dtype, seconds, note, run, parent: as in `GeneratedImage`; empty where not
            told.
        created: when, with the time zone.
        program: what wrote it (``"Emulsion 0.1.0"``).
        versions: of the libraries that computed it.
        others: settings that have no place above, as text, under the names that the writer gave them.
    """

    request: GenerationRequest
    model: ModelIdentity
    stage: Stage = "final"
    step: int = 0
    device: str = ""
    dtype: str = ""
    seconds: float = 0.0
    note: str = ""
    run: str = ""
    parent: Parent | None = None
    created: datetime | None = None
    program: str = ""
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    others: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, image: GeneratedImage, created: datetime) -> Recipe:
        return cls(
            request=image.request,
            model=image.model,
            stage=image.stage,
            step=image.step,
            device=image.device,
            dtype=image.dtype,
            seconds=image.seconds,
            note=image.note,
            run=image.run,
            parent=image.parent,
            created=created.astimezone(),
            program=f"Emulsion {VERSION}",
            versions=library_versions(),
        )


def library_versions() -> dict[str, str]:
    """Versions of the libraries that pictures depend on, read without importing them."""
    from importlib import metadata  # 20 ms and more at the start of the window, and needed much later

    versions: dict[str, str] = {}
    for library in _LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return versions


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as what the chunk ``emulsion`` holds."""
    model = recipe.model
    return {
        "format": FORMAT,
        "program": recipe.program,
        "created": recipe.created.isoformat(timespec="seconds") if recipe.created else None,
        "request": request_to_json(recipe.request),
        "model": {"key": model.key, "name": model.name, "family": model.family, "hash": model.hash},
        "stage": recipe.stage,
        "step": recipe.step,
        "device": recipe.device,
        "dtype": recipe.dtype,
        "seconds": round(recipe.seconds, 3),
        "note": recipe.note,
        "run": recipe.run,
        "parent": _parent_to_json(recipe.parent),
        "versions": dict(recipe.versions),
        **({"others": dict(recipe.others)} if recipe.others else {}),
    }


def recipe_from_text(text: str) -> Recipe:
    """Reads the content of the chunk ``emulsion``, hostile ones too. Raises ValueError with a sentence."""
    content = _object(parse_json(text), "the recipe")
    newest = _whole(content.get("format"), "format", range(1, 1_000_000))
    if newest > FORMAT:
        raise ValueError(f"its recipe has format {newest} of a newer Emulsion; this one reads up to {FORMAT}")
    request_json = _object(content.get("request"), "request")
    request = request_from_json(request_json)
    others = {str(key): str(value) for key, value in _object(content.get("others", {}), "others").items()}
    if (sampler := str(request_json.get("sampler"))) != request.sampler:
        others["Sampler"] = sampler
    model = _object(content.get("model"), "model")
    return Recipe(
        request=replace(request, model=plain_name(request.model)),
        model=ModelIdentity(*(_text(model.get(key, ""), key) for key in ("key", "name", "family", "hash"))),
        stage=_STAGES.get(_text(content.get("stage", ""), "stage"), "final"),
        step=_whole(content.get("step", request.steps), "step", STEPS),
        device=_text(content.get("device", ""), "device"),
        dtype=_text(content.get("dtype", ""), "dtype"),
        seconds=_number(content.get("seconds", 0), "seconds", 1e9),
        note=_text(content.get("note", ""), "note"),
        run=_text(content.get("run", ""), "run"),
        parent=_parent(content.get("parent")),
        created=_time(content.get("created")),
        program=_text(content.get("program", ""), "program"),
        versions={str(key): str(value) for key, value in _object(content.get("versions", {}), "versions").items()},
        others=others,
    )


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
    sampler = _text(content.get("sampler", default.sampler), "sampler")
    seed = content.get("seed")
    return GenerationRequest(
        prompt=_text(content.get("prompt", ""), "prompt"),
        negative_prompt=_text(content.get("negative_prompt", ""), "negative_prompt"),
        model=_text(content.get("model", default.model), "model"),
        size=Size(
            _whole(content.get("width", default.size.width), "width", lengths_px),
            _whole(content.get("height", default.size.height), "height", lengths_px),
        ),
        sampler=sampler if sampler in SAMPLERS else default.sampler,
        steps=_whole(content.get("steps", default.steps), "steps", STEPS),
        guidance_scale=_number(
            content.get("guidance_scale", default.guidance_scale), "guidance_scale", LARGEST_GUIDANCE_SCALE
        ),
        seed=None if seed is None else _whole(seed, "seed", range(LARGEST_SEED + 1)),
        count=_whole(content.get("count", default.count), "count", COUNT),
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


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _damaged(name, value, "an object")
    return cast("dict[str, Any]", value)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise _damaged(name, value, "text")
    return value


def _whole(value: object, name: str, allowed: range) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _damaged(name, value, "a whole number")
    return min(max(value, allowed[0]), allowed[-1])


def _number(value: object, name: str, largest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise _damaged(name, value, "a number")
    return float(min(max(value, 0), largest))


def _weight_bits(value: object) -> int | None:
    """Of other numbers the next one that there is."""
    if value is None:
        return None
    bits = _whole(value, "weight_bits", range(1, 33))
    return min(WEIGHT_BITS, key=lambda known: abs(known - bits)) if bits < 16 else None


def _source_to_json(source: Source | None) -> dict[str, Any] | None:
    """Where the picture lies on somebody's disk is nobody else's business."""
    if source is None:
        return None
    return {"name": plain_name(source.path), "sha256": source.sha256, "strength": source.strength}


def _source(value: object) -> Source | None:
    if value is None:
        return None
    content = _object(value, "source")
    sha256 = _text(content.get("sha256", ""), "sha256")
    if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
        raise _damaged("sha256", sha256, "hexadecimal digits")
    name = plain_name(_text(content.get("name", ""), "name"))
    return Source(name, _number(content.get("strength"), "strength", 1.0), sha256)


def _parent_to_json(parent: Parent | None) -> dict[str, Any] | None:
    return {"run": parent.run, "step": parent.step, "changes": parent.changes} if parent else None


def _parent(value: object) -> Parent | None:
    if value is None:
        return None
    content = _object(value, "parent")
    return Parent(
        run=_text(content.get("run"), "run"),
        step=_whole(content.get("step"), "step", range(STEPS[-1] + 1)),
        changes=_text(content.get("changes", ""), "changes"),
    )


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _damaged(name: str, value: object, expected: str) -> ValueError:
    came = repr(value)
    return ValueError(f"its recipe is damaged: {name} is {came[:60]}; expected {expected}")
