"""A cluster of Ray, with its actors as places for engines. Only here is Ray called; it is an optional library.

Ray starts an actor again elsewhere when it or its node is lost (``max_restarts``), and asks it to begin until it
is there (``max_task_retries``); the session with the old one has ended then, and its picture is made again. See
https://docs.ray.io/en/latest/ray-core/fault_tolerance/actors.html.
"""

from __future__ import annotations

import io
import logging
import os
import platform
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import IO, Any

from core.cluster.actor import EngineActor
from core.cluster.failure import ClusterUnusable
from core.cluster.pool import Place
from core.errors import EngineEnded
from core.language.choice import ENGLISH, VARIABLE
from core.language.words import tr
from core.models.folders import Places
from core.remote.client import RemoteEngine
from core.remote.frames import Message, read_message
from core.remote.messages import MakeEngine
from core.remote.server import Maker

log = logging.getLogger(__name__)

LOCAL, AUTO = "local", "auto"
NAME = "emulsion-engine-{number}"
"""Of an actor, as Ray's dashboard shows it."""

INSTALL = 'pip install "emulsion[cluster]"'
_ANSWERS_WITHIN_S = 5.0
_LOOK_AGAIN_S = 0.5
_NO_STATISTICS = "RAY_USAGE_STATS_ENABLED"


@dataclass(frozen=True, slots=True)
class Node:
    """A computer of the cluster that can make pictures.

    Attributes:
        engines: how many of them have room there.
    """

    name: str
    engines: int


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
            Node(node["NodeManagerHostname"], engines)
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

    def engines(self) -> tuple[ActorPlace, ...]:
        """Starts the actors, and returns them as places."""
        share = {"num_gpus": 1} if self.has_gpus else {"num_cpus": self.cores}
        how = replace(self._how, device=None if self.has_gpus else "cpu")  # an actor sees its own GPU alone
        actor_of = self._ray.remote(EngineActor)
        language = os.environ.get(VARIABLE, ENGLISH)
        places: list[ActorPlace] = []
        for number in range(1, sum(node.engines for node in self.nodes) + 1):
            name = NAME.format(number=number)
            options = {"name": name, "max_restarts": -1, "scheduling_strategy": "SPREAD", **share}
            actor = actor_of.options(**options).remote(language)
            self._actors.append(actor)
            places.append(ActorPlace(name, self._ray, actor, how, self._places, self._make))
        return tuple(places)

    def close(self) -> None:
        """Ends all actors and leaves the cluster; one that was started for us alone ends, too."""
        for actor in self._actors:
            with suppress(Exception):  # whatever it is: the cluster itself may be gone
                self._ray.kill(actor)
        self._ray.shutdown()


class ActorPlace(Place):
    """An actor with an engine.

    Attributes:
        computer: the name of the one that it was on last, "" before.
    """

    def __init__(
        self, name: str, ray: Any, actor: Any, how: MakeEngine, places: Callable[[], Places], make: Maker
    ) -> None:
        self._name, self._ray, self._actor = name, ray, actor
        self._how, self._places, self._make = how, places, make
        self._is_abandoned = False
        self.computer = ""

    @property
    def name(self) -> str:
        return self._name

    def connect(self) -> RemoteEngine:
        return RemoteEngine(self._begun, self._how, self._places)

    def abandon(self) -> None:
        self._is_abandoned = True
        with suppress(Exception):  # as in `RayCluster.close`
            self._ray.kill(self._actor)

    def _begun(self) -> ActorPeer:
        """Waits until the actor is there, and begins a session with it."""
        session = secrets.token_hex(8)
        begin = self._actor.begin.options(max_task_retries=-1).remote(session, self._make)
        while not self._is_abandoned:
            try:
                self.computer = self._ray.get(begin, timeout=_LOOK_AGAIN_S)
            except self._ray.exceptions.GetTimeoutError:
                continue
            except self._ray.exceptions.ActorDiedError as error:
                raise _why(error) from error
            return ActorPeer(self._ray, self._actor, session)
        raise EngineEnded


class ActorPeer:
    """A session with an actor, as the other end of a wire; ``inbox`` and ``sink`` are for one thread."""

    name = ""
    is_away = False

    def __init__(self, ray: Any, actor: Any, session: str) -> None:
        self._ray, self._actor, self._session = ray, actor, session
        self._answer: Any = None
        self.is_alive = True
        self.sink: IO[bytes] = _Orders(lambda content: actor.order.remote(session, content))

    @property
    def inbox(self) -> ActorPeer:
        return self

    def take(self, seconds: float | None = None) -> Message | None:
        """Returns the next message, None where the actor has gone. Raises TimeoutError and WireBroken."""
        while self.is_alive:
            self._answer = self._answer or self._actor.answer.remote(self._session)
            try:
                content: bytes = self._ray.get(self._answer, timeout=seconds)
            except self._ray.exceptions.GetTimeoutError:
                raise TimeoutError from None
            except self._ray.exceptions.RayError as error:
                log.info("%s", error)
                break
            self._answer = None
            if not content:
                break
            return read_message(io.BytesIO(content))
        self.is_alive = False
        return None

    def end(self, seconds: float) -> str:
        """Ends the actor's process, at once; Ray starts another one, for the next session."""
        self.is_alive = False
        with suppress(Exception):  # as in `RayCluster.close`
            self._ray.kill(self._actor, no_restart=False)
        return tr("its actor or its node is gone")


class _Orders(io.BytesIO):
    """Sends what was written, once a message is whole."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        super().__init__()
        self._send = send

    def flush(self) -> None:
        self._send(self.getvalue())
        self.seek(0)
        self.truncate()


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


def _why(error: Exception) -> Exception:
    """Returns the reason why an actor could not begin: without Emulsion on its node it never will."""
    log.info("%s", error)
    if "ModuleNotFoundError" in str(error) or "ImportError" in str(error):
        return ClusterUnusable(tr("a node has no Emulsion in the Python that Ray runs there, or another one"))
    return EngineEnded(tr("its actor or its node is gone"))
