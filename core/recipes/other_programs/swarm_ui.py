"""SwarmUI: JSON in ``parameters`` (docs/Image Metadata Format.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.json_settings import from_settings

PROGRAM = "SwarmUI"
MARK = "sui_image_params"
_TYPED = MappingProxyType({"original_prompt": "Template", "original_negativeprompt": "Negative Template"})


def read(texts: Mapping[str, str]) -> Found | None:
    text = texts.get("parameters", "")
    if MARK not in text:
        return None
    content = as_object(text)
    settings = content.get(MARK)
    if not isinstance(settings, dict):
        return None
    settings = cast("dict[str, Any]", settings)
    if isinstance(layer := settings.pop("clipstopatlayer", None), int):
        settings["clip_skip"] = -layer  # counted from the end, below 0
    found = from_settings(settings, PROGRAM)
    extra = content.get("sui_extra_data")
    extra = cast("dict[str, Any]", extra) if isinstance(extra, dict) else {}
    # what was typed, before its tags were drawn (T2IParamInput.ProcessPromptLike)
    more = {key: extra.get(name) for name, key in _TYPED.items()} | {"models": content.get("sui_models")}
    return replace(found, others={**found.others, **{key: value for key, value in more.items() if value}})
