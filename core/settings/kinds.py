"""Reads and writes single values of the settings; each reader raises ValueError, TypeError or KeyError."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, cast

from core.request.local_json import request_from_settings, request_to_settings
from core.request.request import GenerationRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A setting's conversion from JSON, raising ValueError, TypeError or KeyError, and to JSON."""

    read: Callable[[Any], object]
    write: Callable[[Any], object]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _folder(value: object) -> Path:
    path = Path(_text(value))
    if not path.is_absolute() or "\0" in str(path):
        raise ValueError(f"{value!r} is not the full path of a folder")
    return path


def _folders(value: object) -> tuple[Path, ...]:
    return tuple(_folder(text) for text in _texts(value))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list of texts")
    return tuple(_text(item) for item in cast("list[object]", value))


def _keys(value: object) -> Mapping[str, tuple[str, ...]]:
    return {name: _texts(keys) for name, keys in _object(value).items()}


def _names(value: object) -> Mapping[str, str]:
    return {key: _text(name) for key, name in _object(value).items()}


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def choice_of(choices: type[Enum]) -> Kind:
    """Returns the kind of a member of an enum, which is written by its name."""
    return Kind(lambda value: choices[_text(value)], lambda choice: choice.name)


def _requests(value: object) -> Mapping[str, GenerationRequest]:
    """Reads requests, each by a name; one that cannot be used is left out, and logged."""
    found: dict[str, GenerationRequest] = {}
    for name, content in _object(value).items():
        try:
            request = request_from_settings(content)
        except (ValueError, TypeError, KeyError) as error:
            log.warning("the settings named %s cannot be used and are left out: %s", name, error)
            continue
        if request is not None:
            found[name] = request
    return found


def _requests_to_json(requests: Mapping[str, GenerationRequest]) -> dict[str, Any]:
    """Returns what `_requests` reads."""
    return {name: request_to_settings(request) for name, request in requests.items()}


def _percent(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a percentage")
    return value


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} does not name anything")
    return {_text(key): item for key, item in cast("dict[object, object]", value).items()}


def _paths_to_json(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths]


TEXT, TEXTS, NAMES = Kind(_text, str), Kind(_texts, list), Kind(_names, dict)
TEXT_OR_NONE = Kind(lambda value: None if value is None else _text(value), lambda value: value)


def one_of(values: Sequence[int]) -> Kind:
    """Returns the kind of a number that is one of these."""
    return Kind(lambda value: values[values.index(value)], int)


SWITCH, PERCENT = Kind(_switch, bool), Kind(_percent, int)
FOLDER, FOLDERS = Kind(_folder, str), Kind(_folders, _paths_to_json)
KEYS = Kind(_keys, lambda keys: {name: list(texts) for name, texts in keys.items()})
REQUEST, REQUESTS = Kind(request_from_settings, request_to_settings), Kind(_requests, _requests_to_json)
REQUESTS_OF_MODELS = Kind(
    lambda value: {model: _requests(named) for model, named in _object(value).items()},
    lambda presets: {model: _requests_to_json(named) for model, named in presets.items()},
)
