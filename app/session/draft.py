"""The request that the user is composing, with its history: each change replaces one frozen value."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.models.catalogue import Model
from core.models.own_defaults import MAKERS, USERS
from core.request.request import GenerationRequest
from core.request.setting import DEFAULT
from core.request.settings import SETTINGS
from core.request.settings import fitted as fit

MERGE_WITHIN_SECONDS = 2.0


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
    def undo_depth(self) -> int:
        return len(self._earlier)

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


def with_defaults(model: Model, defaults: GenerationRequest, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the changes, and a model's good settings, the ``defaults``, where they say nothing."""
    own = {name: getattr(defaults, name) for name in MAKERS}
    own |= {name: value for name in USERS if (value := getattr(defaults, name)) != getattr(DEFAULT, name)}
    missing = (setting for setting in SETTINGS if not setting.is_had_by(model.limits))
    return own | {setting.name: setting.of(DEFAULT) for setting in missing} | dict(changes)


def fitted(request: GenerationRequest, model: Model) -> GenerationRequest:
    """Returns the request nearest to one from outside that the model can carry out."""
    return replace(fit(request, model.limits, model.defaults), model=model.key)


def differing_fields(left: GenerationRequest, right: GenerationRequest) -> tuple[str, ...]:
    """Returns names of the settings in which two requests differ."""
    return tuple(setting.name for setting in SETTINGS if setting.of(left) != setting.of(right))
