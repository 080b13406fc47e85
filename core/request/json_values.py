"""Checked values of JSON that comes from outside; each function raises ValueError with a sentence."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from core.language.words import tr

_ENDING = re.compile(r"\.(safetensors|ckpt|gguf|sft|pth?|bin)$", re.IGNORECASE)


def plain_name(model: str) -> str:
    """Returns the last part of a model's path: a picture from outside must not make the program open a path."""
    parts = [part for part in re.split(r"[/\\]", model) if part.strip(". ")]
    return parts[-1] if parts else ""


def without_ending(name: str) -> str:
    """The name of a model without the ending of its file."""
    return _ENDING.sub("", name)


def parse_json(text: str) -> Any:
    """Reads JSON of unknown origin. Raises ValueError with a sentence."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(tr("its recipe is damaged: it is not readable JSON")) from error


def object_of(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise damaged(name, value, tr("an object"))
    return cast("dict[str, Any]", value)


def list_of(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise damaged(name, value, tr("a list"))
    return cast("list[Any]", value)


def text_of(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise damaged(name, value, "text")
    return value


def whole_of(value: object, name: str, allowed: range) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise damaged(name, value, tr("a whole number"))
    return min(max(value, allowed[0]), allowed[-1])


def number_of(value: object, name: str, largest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise damaged(name, value, tr("a number"))
    return float(min(max(value, 0), largest))


def damaged(name: str, value: object, expected: str) -> ValueError:
    came = repr(value)
    return ValueError(
        tr(
            "its recipe is damaged: {name} is {came}; expected {expected}",
            name=name,
            came=came[:60],
            expected=expected,
        )
    )
