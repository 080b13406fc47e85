"""A cluster of Ray, with its actors as places for engines. Ray is an optional library, imported only here."""

from __future__ import annotations

import logging
import os
import platform
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from core.cluster.actor import EngineActor, program
from core.cluster.actor_place import ActorPlace, no_room
from core.language.choice import ENGLISH, VARIABLE
from core.language.words import tr
from core.models.folders import Places
from core.remote.away import INSTALL, ClusterUnusable
from core.remote.messages import ClusterFound, MakeEngine
from core.remote.server import Maker

log = logging.getLogger(__name__)

LOCAL, AUTO = "local", "auto"
NAME = "emulsion-engine-{number}"
"""Of an actor, as Ray's dashboard shows it."""

ROOM_WITHIN_S = 10.0
"""Room that an engine has left comes back a little later."""

_ANSWERS_WITHIN_S = 5.0
_NODES_ANSWER_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.5
_RESOURCES = {"num_gpus": "GPU", "num_cpus": "CPU"}
_TRACE = 0.001
_NO_STATISTICS = "RAY_USAGE_STATS_ENABLED"


@dataclass(frozen=True, slots=True)
class Node:
    """A computer of the cluster that can make pictures.

    Attributes:
        engines: how many of them have room there. tag: the resource that only this node has.
    """

    name: str
    engines: int
    tag: str = ""


class RayCluster:
    """The connection to a cluster, and its actors; one at a time in a process.

    Attributes:
        address: of its first node. nodes: all that can make pictures.
        has_gpus: each engine has a GPU; otherwise it has so many ``cores`` of a processor.
        has_tokens: only who knows the cluster's token can give it orders.
    """

    def __init__(self, address: str, how: MakeEngine, places: Callable[[], Places], make: Maker) -> None:
        """Connects. ``make`` makes an engine on a node, where it is imported. Raises ClusterUnusable."""
        self._ray = _connected(address)
        self._how, self._places, self._make = how, places, make
        self._actors: list[Any] = []
        self.address: str = self._ray.get_runtime_context().gcs_address
        self.has_tokens = os.environ.get("RAY_AUTH_MODE") == "token"
        found = [node for node in self._ray.nodes() if node["Alive"]]
        wants_cpu = how.device is not None and how.device.startswith("cpu")
        self.has_gpus = not wants_cpu and any(_amount(node, "GPU") for node in found)
        self.cores = min((cores for node in found if (cores := _amount(node, "CPU"))), default=1)
        kind, each = ("GPU", 1) if self.has_gpus else ("CPU", self.cores)
        self.nodes = tuple(
            Node(node["NodeManagerHostname"], engines, _tag(node))
            for node in found
            if (engines := _amount(node, kind) // each)
        )
        if not self.nodes:
            self.close()
            raise ClusterUnusable(tr("none of its nodes has a GPU or a core of a processor to give"))

    @property
    def versions(self) -> str:
        """Returns the versions that all nodes must have, in words."""
        return tr("Python {python} and Ray {ray}", python=platform.python_version(), ray=self._ray.__version__)

    @property
    def found(self) -> ClusterFound:
        """Returns what the cluster is."""
        nodes = tuple((node.name, node.engines) for node in self.nodes)
        cores = 0 if self.has_gpus else self.cores
        return ClusterFound(nodes, cores, platform.python_version(), self._ray.__version__, self.has_tokens)

    def check_nodes(self) -> None:
        """Asks each node for its Emulsion. Raises ClusterUnusable for none, and for another version than here."""
        program_of, own = self._ray.remote(program), program()
        for node in self.nodes:
            there = program_of.options(num_cpus=0, resources={node.tag: _TRACE}, max_retries=0).remote()
            try:
                told: str = self._ray.get(there, timeout=_NODES_ANSWER_WITHIN_S)
            except self._ray.exceptions.GetTimeoutError as error:
                raise ClusterUnusable(tr("{node} does not answer", node=node.name)) from error
            except Exception as error:  # whatever Ray wraps the node's own failure in
                log.info("%s", error)
                sentence = tr("{node} has no Emulsion in the Python that Ray runs there", node=node.name)
                raise ClusterUnusable(sentence) from error
            if told != own:
                words = tr(
                    "{node} has {there}, and this is {here}: both must be the same",
                    node=node.name,
                    there=told,
                    here=own,
                )
                raise ClusterUnusable(words)

    def engines(self) -> tuple[ActorPlace, ...]:
        """Starts an actor for each engine that has room, and returns them as places."""
        return tuple(self._place(NAME.format(number=number)) for number in range(1, self.found.engines + 1))

    def engine(self, name: str) -> ActorPlace:
        """Starts one actor where there is room now, and returns it as a place. Raises ClusterUnusable."""
        ((kind, count),) = self._share.items()
        given_up = time.monotonic() + ROOM_WITHIN_S
        while self._ray.available_resources().get(_RESOURCES[kind], 0) < count:
            if time.monotonic() > given_up:
                raise ClusterUnusable(no_room())
            time.sleep(_LOOK_AGAIN_S)
        return self._place(name)

    @property
    def _share(self) -> dict[str, int]:
        return {"num_gpus": 1} if self.has_gpus else {"num_cpus": self.cores}

    def _place(self, name: str) -> ActorPlace:
        how = replace(self._how, device=None if self.has_gpus else "cpu")  # an actor sees its own GPU alone
        options = {"name": name, "max_restarts": -1, "scheduling_strategy": "SPREAD", **self._share}
        actor = self._ray.remote(EngineActor).options(**options).remote(os.environ.get(VARIABLE, ENGLISH))
        self._actors.append(actor)
        return ActorPlace(name, self._ray, actor, how, self._places, self._make)

    def close(self) -> None:
        """Ends all actors and leaves the cluster; one that was started for us alone ends, too."""
        for actor in self._actors:
            with suppress(Exception):  # whatever it is: the cluster itself may be gone
                self._ray.kill(actor)
        self._ray.shutdown()


def _imported() -> Any:
    try:
        return import_module("ray")
    except ImportError as error:
        if getattr(sys, "frozen", False):
            raise ClusterUnusable(
                tr("this program has no Ray; Emulsion from a package index has, see README")
            ) from error
        told = tr("Ray is not installed here; {command} installs it", command=INSTALL)
        raise ClusterUnusable(told) from error


def _connected(address: str) -> Any:
    """Connects to a cluster. Raises ClusterUnusable."""
    os.environ.setdefault(_NO_STATISTICS, "0")  # a cluster that is started here tells nobody of itself
    ray = _imported()
    if "://" in address:
        raise ClusterUnusable(
            tr("{address} is for Ray's client; expected HOST:PORT of its first node", address=address)
        )
    if address not in (LOCAL, AUTO):
        _check_reachable(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=None)
    except Exception as error:  # whatever Ray raises: its words are the reason
        if isinstance(error, ConnectionError) and address == AUTO:
            told = tr(
                "none runs here: ray start --head begins one, and --cluster local one for this command alone"
            )
            raise ClusterUnusable(told) from error
        told = tr(
            "{reason}; if it wants a token, set RAY_AUTH_MODE=token here too, and put the token where README says",
            reason=" ".join(str(error).split()).rstrip("."),
        )
        raise ClusterUnusable(told) from error
    return ray


def _check_reachable(address: str) -> None:
    """Raises ClusterUnusable; Ray itself would wait for a minute, and end the process."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        told = tr("{address} is no address; expected auto, local or HOST:PORT of its first node", address=address)
        raise ClusterUnusable(told)
    try:
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterUnusable(tr("nothing answers at {address}", address=address)) from error


def _amount(node: Mapping[str, Any], kind: str) -> int:
    return int(node["Resources"].get(kind, 0))


def _tag(node: Mapping[str, Any]) -> str:
    return next((name for name in node["Resources"] if name.startswith("node:") and "__" not in name), "")
