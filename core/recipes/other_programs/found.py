"""Values found in another program's recipe, and their way into ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from core.language.words import tr
from core.recipes.other_programs.loras import Told, taken_from
from core.recipes.recipe import Recipe
from core.recipes.settings_text import recipe_of
from core.request.json_values import parse_json, plain_name

LONGEST_OTHER = 4_000
MOST_OTHERS = 100
KEYS = MappingProxyType(
    {
        "model": "Model",
        "model_hash": "Model hash",
        "vae": "VAE",
        "sampler": "Sampler",
        "schedule": "Schedule type",
        "steps": "Steps",
        "guidance_scale": "CFG scale",
        "seed": "Seed",
        "strength": "Denoising strength",
        "clip_skip": "Clip skip",
        "program": "Version",
    }
)
"""The fields of `Found` by AUTOMATIC1111's names."""


@dataclass(frozen=True, slots=True)
class Found:
    """Values as they stood in the picture, of whatever type; None where it did not tell.

    Attributes:
        sampler, schedule: names of the other program.
        strength: of image to image.
        clip_skip: counted from 1 at the last layer.
        loras: those that stand neither in ``others`` nor in the prompt as tags, see `.loras`.
        others: all that has no place above.
    """

    program: str
    prompt: object = None
    negative_prompt: object = None
    model: object = None
    model_hash: object = None
    vae: object = None
    sampler: object = None
    schedule: object = None
    steps: object = None
    guidance_scale: object = None
    seed: object = None
    width: object = None
    height: object = None
    strength: object = None
    clip_skip: object = None
    loras: object = ()
    others: Mapping[str, object] = field(default_factory=dict[str, object])

    def recipe(self) -> Recipe:
        """Maps known settings and keeps the rest as text. Raises ValueError if nothing was found."""
        others = dict(self.others)
        loras = [*cast("tuple[Told, ...]", self.loras), *taken_from(others)]
        values = {key: as_text(getattr(self, name)) for name, key in KEYS.items()}
        if self.width is not None and self.height is not None:
            values["Size"] = f"{as_text(self.width)}x{as_text(self.height)}"
        told = {key: text for key, text in values.items() if text}
        if not self.prompt and told.keys() <= {"Version", "Size"}:
            raise ValueError(tr("it does not say how it was made"))
        for key, value in others.items():
            if len(told) < MOST_OTHERS and (text := as_text(value)):
                told.setdefault(key[:100], text)
        prompt, negative = (
            None if text is None else as_text(text) for text in (self.prompt, self.negative_prompt)
        )
        recipe = recipe_of(told, prompt, negative, loras)
        # the name of a file has its ending here
        return replace(recipe, request=replace(recipe.request, model=plain_name(told.get("Model", ""))))


def as_text(value: object) -> str:
    """Returns a value as plain text of bounded length; structures as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()[: LONGEST_OTHER * 10]
        case bool() | int() | float():
            return json.dumps(value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)[:LONGEST_OTHER]


def as_object(text: str | None) -> dict[str, Any]:
    """Returns the JSON object in a text. Raises ValueError."""
    content = parse_json(text or "")
    if not isinstance(content, dict):
        raise ValueError(tr("its recipe is not a JSON object"))  # noqa: TRY004 - the file is wrong, not the program
    return cast("dict[str, Any]", content)
