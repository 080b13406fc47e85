"""Fooocus: JSON in ``parameters``, marked by ``fooocus_scheme`` or its own keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.json_settings import from_settings

PROGRAM = "Fooocus"


def read(texts: Mapping[str, str]) -> Found | None:
    if '"base_model"' not in texts.get("parameters", ""):
        return None
    content = as_object(texts["parameters"])
    for expanded in ("full_prompt", "full_negative_prompt"):
        content.pop(expanded, None)
    size = re.fullmatch(r"\((\d+), (\d+)\)", str(content.get("resolution", "")))
    if size:
        del content["resolution"]
    found = from_settings(content, str(content.pop("version", "")) or PROGRAM)
    return replace(found, width=int(size[1]), height=int(size[2])) if size else found
