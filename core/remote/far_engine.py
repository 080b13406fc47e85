"""Engines of other computers: what one cannot do there is told as such, and can be done elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from core.errors import EmulsionError, ModelMissing, NotFound
from core.models.elsewhere import AskedPlaces, Weights
from core.models.folders import Places
from core.remote.away import ComputerAway, Trouble
from core.remote.client import RemoteEngine
from core.remote.messages import MakeEngine
from core.remote.peer import Peer
from core.remote.ssh import SSH, SshSessions
from core.runs.events import Event
from core.runs.needed import requests_of, values_of
from core.runs.operations import Operation
from core.settings.computers import Computer


class FarEngine(RemoteEngine):
    """An engine of another computer, or of a cluster, by any way to it."""

    def __init__(
        self, address: str, connect: Callable[[], Peer], how: MakeEngine, places: Callable[[], Places]
    ) -> None:
        """``address`` is that of the computer or cluster. Connects at once, and raises what that raises."""
        self._address = address
        super().__init__(connect, how, places)

    def run(self, operation: Operation[Any], files: Sequence[Path] = ()) -> Generator[Event, None, None]:
        """Raises ComputerAway for an operation that needs what is only here, and what `RemoteEngine` raises."""
        try:
            yield from super().run(operation, files)
        except (ModelMissing, NotFound) as error:
            raise ComputerAway(self._address, Trouble.no_model, _name_of(error)) from error


class SshEngine(FarEngine):
    """The engine of a computer that ssh reaches."""

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
        self._weights, self._asked = weights, AskedPlaces()
        super().__init__(computer.address, SshSessions(computer, ssh), how, lambda: self._asked)

    def run(self, operation: Operation[Any], files: Sequence[Path] = ()) -> Generator[Event, None, None]:
        """Carries an operation out there, with the files that it reads."""
        known = {key: self._weights(key) for key in {request.model for request in requests_of(operation)}}
        self._asked = AskedPlaces(model_weights={key: told for key, told in known.items() if told is not None})
        yield from super().run(operation, (*files, *files_of(operation)))


def files_of(operation: Operation[Any]) -> list[Path]:
    """Returns the files of this computer that an operation reads: pictures to begin with, and films."""
    values = values_of(operation)
    pictures = [
        Path(one.path)
        for request in requests_of(operation)
        for one in (request.source, request.mask, *request.references, *request.controls)
        if one is not None and one.path
    ]
    listed = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    named = (*pictures, *(one for one in listed if isinstance(one, Path)))
    return list(dict.fromkeys(path for path in named if path.is_absolute() and path.is_file()))


def _name_of(error: EmulsionError) -> str:
    """Returns the name that an error says is missing."""
    return error.model if isinstance(error, ModelMissing) else getattr(error, "name", "")
