"""The settings and values in an operation, which name the model that it needs and the files that it reads."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, cast

from core.film.film import Film
from core.request.request import GenerationRequest
from core.runs.branch import Branch
from core.runs.operations import CompareSchedules, Operation


def needed_by(operation: Operation[Any]) -> GenerationRequest | None:
    """Returns settings that name the model of an operation, None where it needs none."""
    if isinstance(operation, CompareSchedules):  # of a film, by its numbers alone
        return None
    return next(iter(requests_of(operation)), None)


def requests_of(operation: Operation[Any]) -> list[GenerationRequest]:
    """Returns the settings of all pictures that an operation makes or begins with."""
    within = [one for value in values_of(operation) for one in _requests_in(value)]
    return [*(() if operation.made is None else (operation.made,)), *within]


def values_of(operation: Operation[Any]) -> list[Any]:
    """Returns all that an operation is made of."""
    assert is_dataclass(operation)
    return [getattr(operation, field.name) for field in fields(operation)]


def _requests_in(value: Any) -> list[GenerationRequest]:
    match value:
        case GenerationRequest():
            return [value]
        case Film():
            return [value.request]
        case Branch():
            return [value.request, value.film.request]
        case tuple():
            return [one for one in cast("tuple[object, ...]", value) if isinstance(one, GenerationRequest)]
        case _:
            return []
