"""An actor of Ray as a place for an engine, and a session with it as the other end of a wire.

Ray starts an actor again elsewhere when it or its node is lost (``max_restarts``), and asks it to begin until it
is there (``max_task_retries``); the session with the old one has ended then, and its picture is made again. See
https://docs.ray.io/en/latest/ray-core/fault_tolerance/actors.html.
"""

from __future__ import annotations

import io
import logging
import math
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from core.cluster.pool import Place
from core.errors import EngineEnded
from core.language.words import tr
from core.models.folders import Places
from core.remote.away import ClusterUnusable
from core.remote.client import RemoteEngine
from core.remote.frames import Message, read_message
from core.remote.messages import MakeEngine
from core.remote.server import Maker

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.5


class ActorPlace(Place):
    """An actor with an engine.

    Attributes:
        computer: the name of the one that it was on last, "" before.
        waits_s: it is waited for for so long at most.
    """

    def __init__(
        self, name: str, ray: Any, actor: Any, how: MakeEngine, places: Callable[[], Places], make: Maker
    ) -> None:
        self._name, self._ray, self._actor = name, ray, actor
        self._how, self._places, self._make = how, places, make
        self._is_abandoned = False
        self.computer, self.waits_s = "", math.inf

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
        session, given_up = secrets.token_hex(8), time.monotonic() + self.waits_s
        begin = self._actor.begin.options(max_task_retries=-1).remote(session, self._make)
        while not self._is_abandoned:
            try:
                self.computer = self._ray.get(begin, timeout=_LOOK_AGAIN_S)
            except self._ray.exceptions.GetTimeoutError:
                if time.monotonic() > given_up:
                    raise ClusterUnusable(no_room()) from None
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


def no_room() -> str:
    """Returns the reason why there is no actor, for a sentence."""
    return tr("there is no room for one more engine now: others use it, or a node is gone")


def _why(error: Exception) -> Exception:
    """Returns the reason why an actor could not begin: without Emulsion on its node it never will."""
    log.info("%s", error)
    if "ModuleNotFoundError" in str(error) or "ImportError" in str(error):
        return ClusterUnusable(tr("a node has no Emulsion in the Python that Ray runs there, or another one"))
    return EngineEnded(tr("its actor or its node is gone"))
