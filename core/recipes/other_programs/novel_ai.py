"""NovelAI: ``Description`` is the prompt, ``Comment`` JSON; read by sd-parsers.

In WebP the same texts are JSON inside the EXIF comment, which is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sd_parsers.parsers import NovelAIParser

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.library import parsed

PROGRAM = "NovelAI"
_KEYWORDS = ("Comment", "Description", "Source")


def read(texts: Mapping[str, str]) -> Found | None:
    if "Comment" not in texts and '"Comment"' in texts.get("parameters", ""):
        inside = as_object(texts["parameters"])
        texts = {keyword: str(inside.get(keyword, "")) for keyword in (*_KEYWORDS, "Software")}
    if "Comment" not in texts or "NovelAI" not in texts.get("Software", texts.get("Source", "")):
        return None
    settings = as_object(texts["Comment"])
    described = {**texts, "Description": texts.get("Description") or str(settings.get("prompt", ""))}
    found = parsed(NovelAIParser, {"Source": "", **described}, PROGRAM)
    return found and replace(found, schedule=settings.get("noise_schedule", ""))
