"""The engine of another computer: what it cannot do there is told as such, and can be done elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

from core.errors import EmulsionError, ModelMissing, NotFound
from core.film.film import Film
from core.models.elsewhere import AskedPlaces, Weights
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

    def __init__(
        self,
        computer: Computer,
        how: MakeEngine,
        ssh: Sequence[str] = SSH,
        weights: Callable[[str], Weights | None] = lambda _key: None,
    ) -> None:
        """Connects at once; ``weights`` tells those of a model, by which it is found there under any name.

        Raises ComputerAway, WireBroken, EngineEnded, and what making an engine raises.
        """
        self._address, self._weights = computer.address, weights
        self._asked = AskedPlaces()
        self._remote = RemoteEngine(SshSessions(computer, ssh), how, lambda: self._asked)

    @property
    def ready(self) -> Ready:
        return self._remote.ready

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        """Carries an operation out there, with the files that it reads.

        Raises ComputerAway for one that needs what is only here, and what `RemoteEngine` raises.
        """
        known = {key: self._weights(key) for key in {request.model for request in requests_of(operation)}}
        self._asked = AskedPlaces(model_weights={key: told for key, told in known.items() if told is not None})
        try:
            yield from self._remote.run(operation, files_of(operation))
        except (ModelMissing, NotFound) as error:
            raise ComputerAway(self._address, Trouble.no_model, name_of(error)) from error

    def hurry(self, operation: Operation[Any]) -> None:
        self._remote.hurry(operation)

    def close(self) -> None:
        self._remote.close()


def files_of(operation: Operation[Any]) -> list[Path]:
    """Returns the files of this computer that an operation reads: pictures to begin with, and films."""
    values = _values_of(operation)
    pictures = [
        Path(one.path)
        for request in requests_of(operation)
        for one in (request.source, request.mask, *request.references, *request.controls)
        if one is not None and one.path
    ]
    listed = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    named = (*pictures, *(one for one in listed if isinstance(one, Path)))
    return list(dict.fromkeys(path for path in named if path.is_absolute() and path.is_file()))


def requests_of(operation: Operation[Any]) -> list[GenerationRequest]:
    """Returns the settings of all pictures that an operation makes or begins with."""
    within = [one for value in _values_of(operation) for one in _requests_in(value)]
    return [*(() if operation.made is None else (operation.made,)), *within]


def _values_of(operation: Operation[Any]) -> list[Any]:
    assert is_dataclass(operation)
    return [getattr(operation, field.name) for field in fields(operation)]


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


def name_of(error: EmulsionError) -> str:
    """Returns the name that an error says is missing."""
    return error.model if isinstance(error, ModelMissing) else getattr(error, "name", "")
