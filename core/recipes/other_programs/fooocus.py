"""Fooocus: JSON in ``parameters``, marked by ``fooocus_scheme`` or its own keys; read by sd-parsers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sd_parsers.parsers import FooocusParser

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.library import parsed

PROGRAM = "Fooocus"


def read(texts: Mapping[str, str]) -> Found | None:
    if '"base_model"' not in texts.get("parameters", ""):
        return None
    found = parsed(FooocusParser, texts, PROGRAM)
    if found is None:
        return None
    others = dict(found.others)
    for expanded in ("full_prompt", "full_negative_prompt"):
        others.pop(expanded, None)
    size = re.fullmatch(r"\((\d+), (\d+)\)", str(others.get("resolution", "")))
    if size:
        del others["resolution"]
    # the library prefers the expanded prompts, which are lists, to those that were typed
    typed = as_object(texts["parameters"])
    return replace(
        found,
        prompt=typed.get("prompt", ""),
        negative_prompt=typed.get("negative_prompt", ""),
        program=str(others.pop("version", "")) or PROGRAM,
        width=size and int(size[1]),
        height=size and int(size[2]),
        others=others,
    )
