"""The engine of another computer: what it cannot do there is told as such, and can be done elsewhere."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from core.errors import EmulsionError, ModelMissing, NotFound
from core.models.folders import FixedPlaces
from core.remote.away import ComputerAway, Trouble
from core.remote.client import RemoteEngine
from core.remote.messages import MakeEngine, Ready
from core.remote.ssh import SSH, SshSessions
from core.runs.events import Event
from core.runs.operations import Operation
from core.settings.computers import Computer


class FarEngine:
    """Has the interface of an engine."""

    def __init__(self, computer: Computer, how: MakeEngine, ssh: Sequence[str] = SSH) -> None:
        """Connects at once. Raises ComputerAway, WireBroken, EngineEnded, and what making an engine raises."""
        self._address = computer.address
        self._remote = RemoteEngine(SshSessions(computer, ssh), how, FixedPlaces)

    @property
    def ready(self) -> Ready:
        return self._remote.ready

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        """Carries an operation out there. Raises ComputerAway for one that needs what is only here."""
        if names_files(operation):
            raise ComputerAway(self._address, Trouble.needs_files)
        try:
            yield from self._remote.run(operation)
        except (ModelMissing, NotFound) as error:
            raise ComputerAway(self._address, Trouble.no_model, _name_of(error)) from error

    def hurry(self, operation: Operation[Any]) -> None:
        self._remote.hurry(operation)

    def close(self) -> None:
        self._remote.close()


def names_files(operation: Operation[Any]) -> bool:
    """Returns True for an operation that reads files of this computer: pictures to begin with, or films."""
    request = operation.made
    if request is not None:
        named = (request.source, request.mask, *request.references, *request.controls)
        if any(one is not None and one.path for one in named):
            return True
    assert is_dataclass(operation)
    values = [getattr(operation, field.name) for field in fields(operation)]
    return any(
        isinstance(value, Path) or (isinstance(value, tuple) and any(isinstance(one, Path) for one in value))
        for value in values
    )


def _name_of(error: EmulsionError) -> str:
    return error.model if isinstance(error, ModelMissing) else getattr(error, "name", "")
