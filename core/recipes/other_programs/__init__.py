"""Recipes that other programs write into pictures, as far as they are not AUTOMATIC1111's plain text.

What cannot be mapped to a request is kept as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.recipes.other_programs import (
    comfy_ui,
    draw_things,
    fooocus,
    invoke_ai,
    json_settings,
    novel_ai,
    swarm_ui,
)
from core.recipes.other_programs.found import Found
from core.recipes.recipe import Recipe

Reader = Callable[[Mapping[str, str]], Found | None]
"""Reads the texts of a picture, by their keywords; None when they are not this program's. Raises ValueError."""

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "SwarmUI": swarm_ui.read,
        "Fooocus": fooocus.read,
        "InvokeAI": invoke_ai.read,
        "NovelAI": novel_ai.read,
        "Draw Things": draw_things.read,
        "ComfyUI": comfy_ui.read,
        "JSON": json_settings.read,
    }
)
"""In the order in which they are asked: the ones whose marks cannot be mistaken come first."""


def read_other(texts: Mapping[str, str]) -> Recipe | None:
    """Returns the recipe in a picture's texts, or None when no reader knows them. Hostile texts are expected."""
    for read in READERS.values():
        try:
            found = read(texts)
            if found is not None:
                return found.recipe()
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError):
            continue
    return None
