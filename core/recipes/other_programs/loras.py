"""LoRAs in other programs' recipes: lists of settings, nodes of a graph, tags in the prompt.

Fooocus writes ``["name.safetensors", weight]``, InvokeAI objects with a model and a weight, SwarmUI names and
weights in two lists, ComfyUI nodes with ``lora_name`` and ``strength_model``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

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
        told = _entries(settings.get(key), settings.get(_WEIGHTS))
        if told:
            del settings[key]
            settings.pop(_WEIGHTS, None)
            return told
    return []


def in_nodes(nodes: Mapping[str, Mapping[str, Any]]) -> list[Told]:
    """Of all nodes of ComfyUI that load a LoRA; those of rgthree's loader, which has several, included."""
    found: list[Told | None] = []
    for node in nodes.values():
        if "lora" not in str(node.get("class_type", "")).lower():
            continue
        inputs = cast("Mapping[str, object]", node["inputs"])
        if "lora_name" in inputs:
            found.append(_entry(inputs))
        rows = [value for value in inputs.values() if isinstance(value, dict)]
        found += [_entry(cast("Told", row)) for row in rows if "lora" in row and row.get("on", True)]
    return [entry for entry in found if entry is not None][:MOST_LORAS]


def _entries(value: object, weights: object) -> list[Told]:
    """Of a list, if all of it is understood."""
    if not isinstance(value, list):
        return []
    items = cast("list[object]", value)[:MOST_LORAS]
    factors = cast("list[object]", weights) if isinstance(weights, list) else []
    told = [
        _told(item, factors[number] if number < len(factors) else 1)
        if isinstance(item, str) and factors
        else _entry(item)
        for number, item in enumerate(items)
    ]
    entries = [entry for entry in told if entry is not None]
    return entries if len(entries) == len(told) else []


def _entry(item: object) -> Told | None:
    if isinstance(item, list):
        parts = cast("list[object]", item)
        return _told(parts[0], parts[1]) if len(parts) >= 2 else None
    if not isinstance(item, dict):
        return None
    content = cast("Told", item)
    name = next((content[key] for key in _NAMES if key in content), None)
    if isinstance(name, dict):  # InvokeAI: a model with a name
        name = cast("Told", name).get("name", cast("Told", name).get("model_name"))
    return _told(name, next((content[key] for key in _FACTORS if key in content), 1))


def _told(name: object, weight: object) -> Told | None:
    if not isinstance(name, str) or not name.strip() or isinstance(weight, bool):
        return None
    if not isinstance(weight, int | float | str):
        return None
    try:
        factor = float(weight)
    except (ValueError, OverflowError):
        return None
    return {"name": name.strip()[:200], "weight": factor} if math.isfinite(factor) else None
