"""The JSON form of a request, from its table of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.request.request import GenerationRequest
from core.request.settings import SETTINGS


def request_to_json(request: GenerationRequest) -> dict[str, Any]:
    """Returns the values of all settings; those of later versions are left out while they do nothing."""
    content: dict[str, Any] = {}
    for setting in SETTINGS:
        content |= setting.to_json(setting.of(request))
    return content


def request_from_json(content: Mapping[str, Any]) -> GenerationRequest:
    """Reads a request; numbers are brought into their range, an unknown sampler becomes the default one.

    Raises ValueError with a sentence when a value is of the wrong kind.
    """
    return GenerationRequest(**{setting.name: setting.from_json(content) for setting in SETTINGS})
