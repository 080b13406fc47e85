"""Settings as a flat JSON object, which many programs write: Easy Diffusion, RuinedFooocus, TensorArt, Civitai.

Only objects with a prompt and at least one number that makes a picture count.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from core.recipes.other_programs.found import Found, as_object

_KEYWORDS = ("parameters", "parameters-json", "generation_data", "Comment", "metadata")
_INSIDE = "extraMetadata"
"""Civitai's generator keeps the settings as a text inside its JSON."""
_NAMES = MappingProxyType(
    {
        "prompt": ("prompt", "positive_prompt", "Prompt", "positivePrompt", "c"),
        "negative_prompt": ("negative_prompt", "negativeprompt", "Negative", "negativePrompt", "uc"),
        "model": ("model", "base_model", "base_model_name", "use_stable_diffusion_model", "ModelName", "Model"),
        "model_hash": ("model_hash", "ModelHash", "base_model_hash"),
        "vae": ("vae", "use_vae_model"),
        "sampler": ("sampler", "sampler_name", "scheduler_name", "Sampler", "samplerName"),
        "schedule": ("scheduler", "scheduler_type", "noise_schedule"),
        "steps": ("steps", "num_inference_steps", "Steps"),
        "guidance_scale": ("guidance_scale", "cfg_scale", "cfgscale", "cfg", "scale", "CfgScale", "cfgScale"),
        "seed": ("seed", "Seed"),
        "clip_skip": ("clip_skip", "clipSkip"),
        "width": ("width", "Width"),
        "height": ("height", "Height"),
    }
)
_NEEDED = ("steps", "seed", "guidance_scale")


def read(texts: Mapping[str, str]) -> Found | None:
    for keyword in _KEYWORDS:
        if texts.get(keyword, "").lstrip().startswith("{"):
            content = as_object(texts[keyword])
            if isinstance(content.get(_INSIDE), str):
                content = as_object(content[_INSIDE])
            found = from_settings(content, "")
            if found.prompt and any(getattr(found, name) is not None for name in _NEEDED):
                return found
    if "prompt" in texts and any(name in texts for name in _NAMES["steps"]):
        return from_settings(dict(texts), "")  # Easy Diffusion: a text of its own for each setting
    return None


def from_settings(content: Mapping[str, Any], program: str) -> Found:
    """Returns the settings by any of the names that programs give them."""
    others: dict[str, Any] = dict(content)
    values = {name: _taken(others, keys) for name, keys in _NAMES.items()}
    return Found(program=program, others=others, **values)


def _taken(content: dict[str, Any], keys: tuple[str, ...]) -> object:
    """Returns the value under the first of the keys, or the name in an object there; other structures stay."""
    for key in keys:
        value = content.get(key)
        if isinstance(value, dict):
            inside = cast("dict[str, object]", value)
            value = inside.get("name", inside.get("model_name"))
        if isinstance(value, str | int | float):
            del content[key]
            return value
    return None
