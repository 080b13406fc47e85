"""An engine of a cluster, by a process here that uses the cluster: Ray is in that one alone."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from core.errors import ModelMissing, NotFound
from core.models.folders import Places
from core.remote.away import ComputerAway, Trouble
from core.remote.client import RemoteEngine
from core.remote.far_engine import name_of
from core.remote.messages import MakeEngine, Ready
from core.remote.peer import Peer
from core.runs.events import Event
from core.runs.operations import Operation


class ChildEngine:
    """Has the interface of an engine."""

    def __init__(
        self, address: str, connect: Callable[[], Peer], how: MakeEngine, places: Callable[[], Places]
    ) -> None:
        """Connects at once; ``address`` is the cluster's. Raises ClusterUnusable and EngineEnded."""
        self._address = address
        self._remote = RemoteEngine(connect, how, places)

    @property
    def ready(self) -> Ready:
        return self._remote.ready

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        """Carries an operation out in the cluster.

        Raises ComputerAway for one that needs what its node lacks, and what `ClusterEngine` raises.
        """
        try:
            yield from self._remote.run(operation)
        except (ModelMissing, NotFound) as error:
            raise ComputerAway(self._address, Trouble.no_model, name_of(error)) from error

    def hurry(self, operation: Operation[Any]) -> None:
        self._remote.hurry(operation)

    def close(self) -> None:
        self._remote.close()
