"""The JSON form of a request, from its table of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.request.request import GenerationRequest
from core.request.setting import DEFAULT
from core.request.settings import SETTINGS


def request_to_json(request: GenerationRequest, untold: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Returns the values of all settings; those of later versions are left out while they do nothing.

    Settings named in ``untold`` are left out too.
    """
    content: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name not in untold:
            content |= setting.to_json(setting.of(request))
    return content


def untold_in(content: Mapping[str, Any]) -> frozenset[str]:
    """Names the settings that every request has, and of which this JSON has no value."""
    entries = {setting.name: setting.to_json(setting.of(DEFAULT)) for setting in SETTINGS if setting.is_of_picture}
    return frozenset(
        name
        for name, keys in entries.items()
        if keys and name != "source" and all(content.get(key) is None for key in keys)
    )


def request_from_json(content: Mapping[str, Any]) -> GenerationRequest:
    """Reads a request; numbers are brought into their range, an unknown sampler becomes the default one.

    Raises ValueError with a sentence when a value is of the wrong kind.
    """
    return GenerationRequest(**{setting.name: setting.from_json(content) for setting in SETTINGS})
