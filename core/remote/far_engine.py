"""The engine of another computer: what it cannot do there is told as such, and can be done elsewhere."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

from core.errors import EmulsionError, ModelMissing, NotFound
from core.film.film import Film
from core.models.folders import FixedPlaces
from core.remote.away import ComputerAway, Trouble
from core.remote.client import RemoteEngine
from core.remote.messages import MakeEngine, Ready
from core.remote.ssh import SSH, SshSessions
from core.request.request import GenerationRequest
from core.runs.branch import Branch
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
        """Carries an operation out there, with the files that it reads.

        Raises ComputerAway for one that needs what is only here, and what `RemoteEngine` raises.
        """
        try:
            yield from self._remote.run(operation, files_of(operation))
        except (ModelMissing, NotFound) as error:
            raise ComputerAway(self._address, Trouble.no_model, _name_of(error)) from error

    def hurry(self, operation: Operation[Any]) -> None:
        self._remote.hurry(operation)

    def close(self) -> None:
        self._remote.close()


def files_of(operation: Operation[Any]) -> list[Path]:
    """Returns the files of this computer that an operation reads: pictures to begin with, and films."""
    assert is_dataclass(operation)
    values = [getattr(operation, field.name) for field in fields(operation)]
    requests = [operation.made, *(one for value in values for one in _requests_in(value))]
    pictures = [
        Path(one.path)
        for request in requests
        if request is not None
        for one in (request.source, request.mask, *request.references, *request.controls)
        if one is not None and one.path
    ]
    listed = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    named = (*pictures, *(one for one in listed if isinstance(one, Path)))
    return list(dict.fromkeys(path for path in named if path.is_absolute() and path.is_file()))


def _requests_in(value: Any) -> list[GenerationRequest]:
    match value:
        case Film():
            return [value.request]
        case Branch():
            return [value.request, value.film.request]
        case tuple():
            return [one for one in cast("tuple[object, ...]", value) if isinstance(one, GenerationRequest)]
        case _:
            return []


def _name_of(error: EmulsionError) -> str:
    return error.model if isinstance(error, ModelMissing) else getattr(error, "name", "")
