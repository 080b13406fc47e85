"""A recipe as lines to be read, each with what of the draft it can replace; and as text for the clipboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.recipes.recipe import Recipe
from core.request.json_codec import plain_name
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS

SHORT_LENGTH = 60
_LONG = ("prompt", "negativePrompt")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RecipeField:
    """One line.

    Attributes:
        name: for object names.
        text: plain, from outside.
        changes: fields of the draft with the values they get from `Session.edit`; empty: only to be read.
    """

    name: str
    label: str
    text: str
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_short(self) -> bool:
        """Whether it fits beside its label."""
        return self.name not in _LONG and len(self.text) <= SHORT_LENGTH


def recipe_fields(recipe: Recipe) -> tuple[RecipeField, ...]:
    """All that the recipe tells, the settings first."""
    request = recipe.request
    fields = [
        RecipeField("prompt", "Prompt", request.prompt, {"prompt": request.prompt}),
        RecipeField(
            "negativePrompt",
            "Negative prompt",
            request.negative_prompt,
            {"negative_prompt": request.negative_prompt},
        ),
        RecipeField("model", "Model", recipe.model.name or request.model),
        RecipeField("size", "Size", f"{request.size.width} × {request.size.height}", {"size": request.size}),
        _sampler(recipe),
        RecipeField("steps", "Steps", str(request.steps), {"steps": request.steps}),
        RecipeField(
            "guidance",
            "Guidance scale",
            f"{request.guidance_scale:g}",
            {"guidance_scale": request.guidance_scale},
        ),
        RecipeField("seed", "Seed", "" if request.seed is None else str(request.seed), _seed(request)),
    ]
    if request.loras:
        told = ", ".join(f"{lora.key} {lora.weight:g}" for lora in request.loras)
        fields.append(
            RecipeField("loras", "LoRA" if len(request.loras) == 1 else "LoRAs", told, {"loras": request.loras})
        )
    if request.weight_bits is not None:
        bits = {"weight_bits": request.weight_bits}
        fields.append(RecipeField("weightBits", "Weights", f"{request.weight_bits} bit", bits))
    if request.source is not None:
        name = plain_name(request.source.path) or "a picture that is not known"
        fields.append(RecipeField("source", "Begins with", f"{name}, strength {request.source.strength:g}"))
    if recipe.stage != "final":
        fields.append(RecipeField("stage", "Kept at", f"step {recipe.step} of {request.steps} ({recipe.stage})"))
    if recipe.parent is not None:
        changes = f", {recipe.parent.changes}" if recipe.parent.changes else ""
        fields.append(RecipeField("parent", "Branch", f"from step {recipe.parent.step + 1}{changes}"))
    if recipe.seconds:
        fields.append(RecipeField("seconds", "Took", f"{recipe.seconds:.1f} s on {recipe.device or 'a device'}"))
    fields += [
        RecipeField("program", "Program", recipe.program),
        RecipeField("recipeNote", "Note", recipe.note),
        *(RecipeField(f"other{key}", key, text) for key, text in recipe.others.items() if key != "Sampler"),
    ]
    return tuple(line for line in fields if line.text)


def recipe_text(recipe: Recipe) -> str:
    """For the clipboard: a line for each field."""
    return "\n".join(f"{line.label}: {line.text}" for line in recipe_fields(recipe))


def _sampler(recipe: Recipe) -> RecipeField:
    unknown = recipe.others.get("Sampler")
    if unknown:
        return RecipeField("sampler", "Sampler", f"{unknown} (not known here)")
    sampler = recipe.request.sampler
    return RecipeField("sampler", "Sampler", SAMPLERS[sampler].name, {"sampler": sampler})


def _seed(request: GenerationRequest) -> Mapping[str, Any]:
    return _NOTHING if request.seed is None else {"seed": request.seed}
