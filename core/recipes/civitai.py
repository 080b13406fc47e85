"""Civitai's entries in a ``parameters`` text: JSON with the resources that made the picture, and their hashes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, cast

RESOURCES = "Civitai resources"
HASHES = "Hashes"
_LORAS = ("lora", "locon", "lycoris", "dora")


def take_resources(settings: dict[str, str]) -> list[dict[str, object]]:
    """Tells the model and the hashes under AUTOMATIC1111's names, where they are missing; returns the LoRAs."""
    loras: list[dict[str, object]] = []
    for resource in _json(settings.get(RESOURCES), list):
        content = cast("dict[str, Any]", resource) if isinstance(resource, dict) else {}
        kind, name, weight = content.get("type"), content.get("modelName"), content.get("weight", 1)
        if kind == "checkpoint" and isinstance(name, str):
            settings.setdefault("Model", name)
        elif kind in _LORAS and isinstance(name, str) and type(weight) in (int, float):
            loras.append({"name": name[:200], "weight": weight})
    hashes = {
        str(key): value for key, value in dict(_json(settings.get(HASHES), dict)).items() if isinstance(value, str)
    }
    if "model" in hashes:
        settings.setdefault("Model hash", hashes["model"].lower())
    of_loras = [f"{key[5:]}: {value.lower()}" for key, value in hashes.items() if key.startswith("lora:")]
    if of_loras:
        settings.setdefault("Lora hashes", ", ".join(of_loras))
    return loras


def _json(text: str | None, kind: type[Any]) -> Any:
    """The value in a text, an empty one if it is not of this kind."""
    with suppress(ValueError, RecursionError):
        if isinstance(value := json.loads(text or ""), kind):
            return value
    return kind()
