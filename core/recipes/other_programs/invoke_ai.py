"""InvokeAI in its three generations: ``Dream``, ``sd-metadata`` and ``invokeai_metadata``; read by sd-parsers.

Newer versions name the model in another way, and some of their pictures tell no scheduler: both are read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from sd_parsers.parsers import InvokeAIParser

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.json_settings import from_settings
from core.recipes.other_programs.library import parsed

PROGRAM = "InvokeAI"
NEWEST = "invokeai_metadata"
_KEYWORDS = ("Dream", "sd-metadata", NEWEST)


def read(texts: Mapping[str, str]) -> Found | None:
    if not any(keyword in texts for keyword in _KEYWORDS):
        return None
    found = parsed(InvokeAIParser, texts, PROGRAM)
    if NEWEST not in texts:
        return found
    content = as_object(texts[NEWEST])
    found = found or from_settings(content, PROGRAM)
    model = content.get("model")
    if isinstance(model, dict) and not found.model:
        told = cast("dict[str, Any]", model)
        found = replace(found, model=told.get("name", ""), model_hash=told.get("hash", ""))
    return found
