"""InvokeAI in its three generations: ``Dream``, ``sd-metadata`` and ``invokeai_metadata``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.json_settings import from_settings

PROGRAM = "InvokeAI"
NEWEST = "invokeai_metadata"
_IMAGE_TO_IMAGE = ("img2img", "sdxl_img2img")
_DREAM = re.compile(r'"(.*)"([^"]*)')
_FLAG = re.compile(r"\s-(\w)\s{1,9}(\S+)")
_FLAGS = MappingProxyType(
    {"A": "sampler", "C": "cfg_scale", "H": "height", "s": "steps", "S": "seed", "W": "width", "f": "strength"}
)
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def read(texts: Mapping[str, str]) -> Found | None:
    if NEWEST in texts:
        content = as_object(texts[NEWEST])
        model, content["sampler"] = content.get("model"), content.pop("scheduler", None)
        if isinstance(skipped := content.get("clip_skip"), int):
            content["clip_skip"] = skipped + 1  # layers that are skipped, there
        found = from_settings(content, PROGRAM)
        if isinstance(model, dict):
            found = replace(found, model_hash=cast("dict[str, Any]", model).get("hash"))
        return _with_strength(found, is_used=content.get("generation_mode") in _IMAGE_TO_IMAGE)
    if "sd-metadata" in texts:
        content = as_object(texts["sd-metadata"])
        image = cast("dict[str, Any]", content.pop("image"))
        prompts = image.pop("prompt", None)
        told = prompts if isinstance(prompts, str) else ", ".join(part["prompt"] for part in prompts or ())
        weights = {"model": content.pop("model_weights", None), "model_hash": content.pop("model_hash", None)}
        found = from_settings({**content, **image, **weights, **_prompts(told)}, PROGRAM)
        return _with_strength(found, is_used=image.get("type") == "img2img")
    if dream := _DREAM.match(texts.get("Dream", "")):
        flags = {_FLAGS.get(key, key): value for key, value in _FLAG.findall(dream[2])}
        return _with_strength(from_settings(flags | _prompts(dream[1]), PROGRAM), is_used=True)
    return None


def _with_strength(found: Found, *, is_used: bool) -> Found:
    others = dict(found.others)
    return replace(found, strength=others.pop("strength", None), others=others) if is_used else found


def _prompts(text: str) -> dict[str, str]:
    """The prompt, and what stands in brackets, the negative one."""
    parts = (_IN_BRACKETS.split(text)[::2], _IN_BRACKETS.findall(text))
    prompt, negative = (", ".join(filter(None, (part.strip(" ,") for part in some))) for some in parts)
    return {"prompt": prompt, "negative_prompt": negative}
