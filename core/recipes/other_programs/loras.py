"""LoRAs in other programs' recipes, as lists of settings.

Fooocus writes ``["name.safetensors", weight]``, InvokeAI objects with a model and a weight, SwarmUI names and
weights in two lists.
"""

from __future__ import annotations

import math
from typing import cast

from core.request.request import MOST_LORAS

Told = dict[str, object]
"""Name and weight, as `core.request.settings.loras.loras_from_json` reads them."""

_LISTS = ("loras", "lora")
_WEIGHTS = "loraweights"
_NAMES = ("name", "model_name", "lora_name", "lora", "model", "file")
_FACTORS = ("weight", "strength", "strength_model", "alpha")


def taken_from(settings: dict[str, object]) -> list[Told]:
    """Moves the list of LoRAs out of settings; one that is not understood stays where it is."""
    for key in _LISTS:
        if entries := _entries(settings.get(key), settings.get(_WEIGHTS)):
            del settings[key]
            settings.pop(_WEIGHTS, None)
            return entries
    return []


def _entries(value: object, weights: object) -> list[Told]:
    """Of a list, if all of it is understood."""
    if not isinstance(value, list):
        return []
    items = cast("list[object]", value)[:MOST_LORAS]
    factors = cast("list[object]", weights) if isinstance(weights, list) else []
    entries = [
        told(item, factors[number] if number < len(factors) else 1)
        if isinstance(item, str) and factors
        else _entry(item)
        for number, item in enumerate(items)
    ]
    known = [entry for entry in entries if entry is not None]
    return known if len(known) == len(entries) else []


def _entry(item: object) -> Told | None:
    if isinstance(item, list):
        parts = cast("list[object]", item)
        return told(parts[0], parts[1]) if len(parts) >= 2 else None
    if not isinstance(item, dict):
        return None
    content = cast("Told", item)
    name = next((content[key] for key in _NAMES if key in content), None)
    if isinstance(name, dict):  # InvokeAI: a model with a name
        name = cast("Told", name).get("name", cast("Told", name).get("model_name"))
    return told(name, next((content[key] for key in _FACTORS if key in content), 1))


def told(name: object, weight: object) -> Told | None:
    """An entry, None if that is no name or no weight."""
    if not isinstance(name, str) or not name.strip() or isinstance(weight, bool):
        return None
    if not isinstance(weight, int | float | str):
        return None
    try:
        factor = float(weight)
    except (ValueError, OverflowError):
        return None
    return {"name": name.strip()[:200], "weight": factor} if math.isfinite(factor) else None
