"""The settings in another program's recipe, and their mapping to ours."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from core.recipes.other_programs.loras import Told, taken_from
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.json_codec import request_from_json
from core.request.json_values import parse_json, plain_name
from core.request.settings.loras import loras_to_json, take_tags

LONGEST_OTHER = 4_000
MOST_OTHERS = 100
_ANY_SCHEDULE = ("", "normal", "automatic", "default", "discrete", "native", "none")
_SAMPLERS = MappingProxyType(
    {
        "ddim": "ddim",
        "ddpm": "ddpm",
        "lms": "lms",
        "plms": "pndm",
        "pndm": "pndm",
        "euler": "euler",
        "eulera": "euler_a",
        "eulerancestral": "euler_a",
        "heun": "heun",
        "dpm2": "dpm2",
        "dpm2a": "dpm2_a",
        "dpm2ancestral": "dpm2_a",
        "dpm++2m": "dpmpp_2m",
        "dpm++2mkarras": "dpmpp_2m_karras",
        "dpm++2msde": "dpmpp_2m_sde",
        "dpm++2msdekarras": "dpmpp_2m_sde_karras",
        "deis": "deis",
        "unipc": "unipc",
        "lcm": "lcm",
        "tcd": "tcd",
    }
)
"""Names as most programs write them, without separators and without the ``k`` of k-diffusion."""


@dataclass(frozen=True, slots=True)
class Found:
    """Values as they stood in the picture, of whatever type; empty where it did not tell.

    Attributes:
        sampler, schedule: names of the other program.
        loras: those that stand neither in ``others`` nor in the prompt as tags, see `.loras`.
        others: all that has no place above.
    """

    program: str
    prompt: object = ""
    negative_prompt: object = ""
    model: object = ""
    model_hash: object = ""
    sampler: object = ""
    schedule: object = ""
    steps: object = None
    guidance_scale: object = None
    seed: object = None
    width: object = None
    height: object = None
    loras: object = ()
    others: Mapping[str, object] = field(default_factory=dict[str, object])

    def recipe(self) -> Recipe:
        """Maps known settings and keeps the rest as text. Raises ValueError if nothing was found."""
        settings = dict(self.others)
        listed = [*cast("tuple[Told, ...]", self.loras), *taken_from(settings)]
        others = {str(key)[:100]: text for key, value in settings.items() if (text := as_text(value))}
        prompt, tagged = take_tags(as_text(self.prompt), "")
        request: dict[str, object] = {
            "prompt": prompt,
            "negative_prompt": as_text(self.negative_prompt),
        }
        numbers = {
            "steps": _whole(self.steps),
            "guidance_scale": _number(self.guidance_scale),
            "seed": _whole(self.seed),
            "width": _whole(self.width),
            "height": _whole(self.height),
        }
        for name, number in numbers.items():
            if number is not None:
                request[name] = number
            elif getattr(self, name) not in (None, ""):
                others[name] = as_text(getattr(self, name))
        sampler, schedule = as_text(self.sampler), as_text(self.schedule)
        if known := sampler_key(sampler, schedule):
            request["sampler"] = known
        elif sampler:
            others["Sampler"] = sampler
            if schedule:
                others["Schedule type"] = schedule
        if not request["prompt"] and len(request) <= 2:
            raise ValueError("it tells nothing about how it was made")
        request["loras"] = [*loras_to_json(tagged), *listed]
        name = plain_name(as_text(self.model))
        return Recipe(
            request=(made := request_from_json({**request, "model": name})),
            model=ModelIdentity(name, name, "", as_text(self.model_hash)[:64]),
            step=made.steps,
            program=self.program,
            others=dict(list(others.items())[:MOST_OTHERS]),
        )


def sampler_key(sampler: str, schedule: str = "") -> str | None:
    """Our sampler that does the same, or None."""
    name = re.sub(r"[^a-z0-9+]", "", sampler.lower().replace("dpmpp", "dpm++").removeprefix("sample_"))
    if sampler.lower().startswith(("k_", "kdpm")):
        name = name[1:]
    if sampler.lower().endswith("_k"):  # InvokeAI
        name, schedule = name[:-1], "karras"
    name = name.removesuffix("gpu")
    if schedule.lower() == "karras":
        name += "karras"
    elif schedule.lower() not in _ANY_SCHEDULE:
        return None
    return _SAMPLERS.get(name)


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
        raise ValueError("its recipe is no object")  # noqa: TRY004 - the file is wrong, not the program
    return cast("dict[str, Any]", content)


def _whole(value: object) -> int | None:
    number = _number(value)
    if number is None:
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,20}", value.strip()) else int(number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
