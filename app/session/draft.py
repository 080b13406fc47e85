"""The request that the user is composing, with its history: each change replaces one frozen value."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from core.models.catalogue import Model
from core.request.request import COUNT, LARGEST_GUIDANCE_SCALE, LARGEST_SEED, STEPS, GenerationRequest, Size

MERGE_WITHIN_SECONDS = 2.0
MODEL_FIELDS = ("size", "sampler", "steps", "guidance_scale")
"""What a model brings its own good defaults for."""


class Draft:
    """A request with undo and redo.

    Edits of the same field in quick succession, such as typing, are one undo step.

    Attributes:
        request: what would be generated now.
    """

    def __init__(self, request: GenerationRequest, now: Callable[[], float] = time.monotonic) -> None:
        self.request = request
        self._now = now
        self._undone: list[GenerationRequest] = []
        self._earlier: list[GenerationRequest] = []
        self._last_fields: frozenset[str] = frozenset()
        self._last_time = 0.0

    @property
    def can_undo(self) -> bool:
        return bool(self._earlier)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def edit(self, changes: Mapping[str, Any]) -> bool:
        """Changes fields by name; says whether anything is different now."""
        edited = replace(self.request, **changes)
        if edited == self.request:
            return False
        merges = frozenset(changes) == self._last_fields and self._now() - self._last_time < MERGE_WITHIN_SECONDS
        if not merges:
            self._earlier.append(self.request)
        self._undone.clear()
        self._last_fields = frozenset(changes)
        self._last_time = self._now()
        self.request = edited
        return True

    def end_step(self) -> None:
        """The next edit begins an undo step of its own."""
        self._last_fields = frozenset()

    def undo(self) -> bool:
        """Goes back one step; says whether there was one."""
        if not self._earlier:
            return False
        self._undone.append(self.request)
        self.request = self._earlier.pop()
        self.end_step()
        return True

    def redo(self) -> bool:
        """Goes forward again; says whether there was a step to go to."""
        if not self._undone:
            return False
        self._earlier.append(self.request)
        self.request = self._undone.pop()
        self.end_step()
        return True


def with_defaults(model: Model, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, and the model's own good settings where they say nothing."""
    return {name: getattr(model.defaults, name) for name in MODEL_FIELDS} | dict(changes)


def fitted(request: GenerationRequest, model: Model) -> GenerationRequest:
    """The request nearest to one from outside that the model can carry out."""
    snap = model.limits.snap
    scale = model.defaults.guidance_scale if math.isnan(request.guidance_scale) else request.guidance_scale
    return replace(
        request,
        model=model.key,
        size=Size(snap(request.size.width), snap(request.size.height)),
        sampler=request.sampler if request.sampler in model.limits.samplers else model.defaults.sampler,
        steps=_clamped(request.steps, STEPS),
        guidance_scale=min(max(scale, 0.0), LARGEST_GUIDANCE_SCALE),
        seed=request.seed if request.seed is not None and 0 <= request.seed <= LARGEST_SEED else None,
        count=_clamped(request.count, COUNT),
    )


def differing_fields(left: GenerationRequest, right: GenerationRequest) -> tuple[str, ...]:
    """Names of the fields in which two requests differ."""
    return tuple(field.name for field in fields(left) if getattr(left, field.name) != getattr(right, field.name))


def _clamped(number: int, allowed: range) -> int:
    return min(max(number, allowed[0]), allowed[-1])
