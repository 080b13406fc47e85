"""NovelAI: ``Description`` is the prompt, ``Comment`` JSON, ``Source`` the model.

In WebP and in the lowest bits of a picture the same texts are JSON inside one text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.json_settings import from_settings

PROGRAM = "NovelAI"
_KEYWORDS = ("Comment", "Description", "Source", "Software")
_MODEL = re.compile(r"(.*?)\s+([0-9A-F]+)")


def read(texts: Mapping[str, str]) -> Found | None:
    if "Comment" not in texts and '"Comment"' in texts.get("parameters", ""):
        inside = as_object(texts["parameters"])
        texts = {keyword: str(inside[keyword]) for keyword in _KEYWORDS if keyword in inside}
    source = texts.get("Source", "")
    if "Comment" not in texts or "NovelAI" not in texts.get("Software", source):
        return None
    found = from_settings(as_object(texts["Comment"]), PROGRAM)
    model = _MODEL.fullmatch(source)
    return replace(
        found,
        prompt=texts.get("Description") or found.prompt,
        model=model[1] if model else source or None,
        model_hash=model and model[2],
    )
