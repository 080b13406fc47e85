"""One engine of a cluster, with the interface of an engine in this process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import Any

from core.cluster.actor_place import ActorPlace
from core.cluster.ray_cluster import RayCluster
from core.errors import EngineEnded, WireBroken
from core.remote.away import ClusterUnusable
from core.remote.client import RemoteEngine
from core.remote.far_engine import files_of
from core.runs.events import Event, Loading, Phase, Placed
from core.runs.operations import Operation

WAITS_S = 60.0
"""An actor that has not begun within so many seconds has no room: another engine makes its picture."""


class ClusterEngine:
    """Starts its actor for the first run, and again where it is gone; the cluster is its own."""

    def __init__(self, cluster: RayCluster, name: str) -> None:
        """``name`` is that of the actor."""
        self._cluster, self._name = cluster, name
        self._began: tuple[ActorPlace, RemoteEngine] | None = None

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        """Carries an operation out on a node, with the files that it reads, and tells which node it is.

        Raises ClusterUnusable where there is no room, and what `RemoteEngine` raises.
        """
        if self._began is None:
            yield Loading(Phase.importing)
            self._began = self._begun()
        place, remote = self._began
        told = ""
        try:
            with closing(remote.run(operation, files_of(operation))) as events:
                for event in events:
                    if told != place.computer:
                        told = place.computer
                        yield Placed(told)
                    yield event
        except (EngineEnded, WireBroken, ClusterUnusable):
            place.abandon()
            if self._began == (place, remote):  # else a task beside the run has begun another one
                self._began = None  # the next run begins where there is room then
            raise

    def hurry(self, operation: Operation[Any]) -> None:
        if self._began is not None:
            self._began[1].hurry(operation)

    def close(self) -> None:
        """Ends the actor, and leaves the cluster."""
        if self._began is not None:
            self._began[1].close()
        self._cluster.close()

    def _begun(self) -> tuple[ActorPlace, RemoteEngine]:
        place = self._cluster.engine(self._name)
        place.waits_s = WAITS_S
        try:
            return place, place.connect()
        except BaseException:
            place.abandon()
            raise
