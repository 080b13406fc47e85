"""The second pass in the ``parameters`` text, as AUTOMATIC1111's program writes it (``modules/processing.py``).

It is ``Denoising strength: 0.7, Hires upscale: 2, Hires steps: 10, Hires upscaler: Latent, Hires sampler: DPM++
2M, Hires schedule type: Karras, Hires prompt: a castle, Hires negative prompt: fog``, with ``Hires resize:
1024x1024`` in the place of a scale; and ``Hires CFG Scale: 3``, as Forge writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from core.errors import InvalidRequest
from core.request.hires import LANCZOS, Hires
from core.request.request import LARGEST_GUIDANCE_SCALE, STEPS, Size
from core.request.sampler_names import PLAIN, sampler_key
from core.request.samplers import SAMPLERS
from core.request.setting import number_taker, short_number
from core.request.settings.loras import take_tags

SCALES = (1.0, 8.0)
ALL_STEPS = range(STEPS[-1] + 1)
_SCALE, _RESIZE, _NAME = "Hires upscale", "Hires resize", "Hires upscaler"
_SAMPLER, _SCHEDULE = "Hires sampler", "Hires schedule type"
_GUIDANCE, _OTHER_GUIDANCE = "Hires CFG Scale", "Hires CFG scale"
_TEXTS: Mapping[str, str] = MappingProxyType(
    {"Hires prompt": "prompt", "Hires negative prompt": "negative_prompt"}
)
_SAME: Mapping[str, str] = MappingProxyType(
    {"Hires checkpoint": "Use same checkpoint", "Hires Module 1": "Use same choices"}
)
"""Entries that tell nothing with these values."""
_AS_LANCZOS = frozenset({"none", "lanczos"})
"""Both enlarge without a network in AUTOMATIC1111's program."""
_take_strength = number_taker("Denoising strength", "strength", (0.0, 1.0), is_clamped=False)
_take_steps = number_taker("Hires steps", "steps", ALL_STEPS, is_clamped=False)
_take_scale = number_taker(_SCALE, "scale", SCALES, is_clamped=False)
_take_guidance = number_taker(_GUIDANCE, "guidance_scale", (0.0, LARGEST_GUIDANCE_SCALE), is_clamped=False)


def size_of(text: str) -> Size | None:
    """Returns a size, a side of which may be 0; None for what is none."""
    with suppress(InvalidRequest):
        size = Size.parse(text)
        return size if size.width or size.height else None
    return None


def to_parameters(hires: Hires | None) -> Mapping[str, object]:
    if hires is None:
        return {}
    extent = {_RESIZE: hires.size} if hires.size else {_SCALE: short_number(hires.scale)}
    told: dict[str, object] = {"Denoising strength": short_number(hires.strength), **extent}
    if hires.steps:
        told["Hires steps"] = hires.steps
    told[_NAME] = hires.key
    if hires.sampler:
        sampler = SAMPLERS[hires.sampler]
        told |= {_SAMPLER: sampler.label, _SCHEDULE: sampler.schedule_label or PLAIN}
    told |= {key: text for key, name in _TEXTS.items() if (text := getattr(hires, name))}
    if hires.guidance_scale is not None:
        told[_GUIDANCE] = short_number(hires.guidance_scale)
    return told


def take_hires(told: dict[str, str], content: dict[str, Any]) -> None:
    """Takes all or, without a strength and an extent or a name, nothing, as AUTOMATIC1111's program does."""
    if not told.keys() & {_SCALE, _RESIZE, _NAME}:
        return
    read: dict[str, Any] = {}
    _take_strength(told, read)
    if not read.get("strength"):
        return
    _take_scale(told, read)
    if size := size_of(told.get(_RESIZE, "")):
        read["size"] = str(size)
        del told[_RESIZE]
    _take_steps(told, read)
    name = told.pop(_NAME, "") or Hires().upscaler
    read["upscaler"] = LANCZOS if name.strip().lower() in _AS_LANCZOS else name
    first = SAMPLERS.get(content.get("sampler", ""))
    named = told.get(_SAMPLER) or (first.label if first and _SCHEDULE in told else "")
    schedule = told.get(_SCHEDULE) or (first.schedule_label if first else None) or ""
    if sampler := sampler_key(named, schedule):
        told.pop(_SAMPLER, None)
        told.pop(_SCHEDULE, None)
        read["sampler"] = sampler
    for key, name in _TEXTS.items():
        read[name] = told.pop(key, "")
    read["prompt"] = _without_known_tags(read["prompt"], content.get("loras", []))
    if _OTHER_GUIDANCE in told:
        told.setdefault(_GUIDANCE, told.pop(_OTHER_GUIDANCE))
    _take_guidance(told, read)
    if read.get("guidance_scale") == content.get("guidance_scale"):  # Forge always writes it
        read.pop("guidance_scale", None)
    for key, same in _SAME.items():
        if told.get(key) == same:
            del told[key]
    content["hires"] = read


def _without_known_tags(prompt: str, loras: list[dict[str, Any]]) -> str:
    """Takes the tags of LoRAs out that the first prompt has as well: they act in both passes."""
    text, tagged = take_tags(prompt, "")
    known = {(lora["name"], lora["weight"]) for lora in loras}
    return text if all((lora.key, lora.weight) in known for lora in tagged) else prompt
