"""A stand-in for the library Ray: its actors are objects of this process with threads, and die when told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from core.cluster.actor import EngineActor
from core.remote.server import Maker


class RayError(Exception):
    """Ray's own root of errors."""


class GetTimeoutError(RayError, TimeoutError):
    """An answer has not come yet."""


class ActorDiedError(RayError):
    """An actor has gone for good."""


class FakeActor:
    """An actor by its handle: ``actor.begin.options(...).remote(...)``.

    Attributes:
        answers: how many it has given. dies_after: it dies once it has given so many, 0 for never.
    """

    def __init__(self, language: str, make: Maker, number: int) -> None:
        self.name, self.number = "", number
        self._language, self._make = language, make
        self._executor = ThreadPoolExecutor(1)
        self._actor = EngineActor(language)
        self.answers = self.dies_after = 0
        self.is_gone = False

    @property
    def begin(self) -> Any:
        run = self._method("begin")
        made = SimpleNamespace(remote=lambda session, _make: run(session, self._make))  # pyright: ignore[reportUnknownLambdaType]
        return SimpleNamespace(options=lambda **_options: made)  # pyright: ignore[reportUnknownLambdaType]

    @property
    def order(self) -> Any:
        return SimpleNamespace(remote=self._method("order"))

    @property
    def answer(self) -> Any:
        return SimpleNamespace(remote=self._method("answer"))

    def kill(self, *, no_restart: bool) -> None:
        if self.is_gone:
            return
        if (orders := self._actor._orders) is not None and not orders.closed:  # pyright: ignore[reportPrivateUsage]
            orders.close()
        self.is_gone = no_restart
        self._actor = EngineActor(self._language)
        if no_restart:
            self._executor.shutdown(wait=False)

    def _method(self, name: str) -> Callable[..., Future[Any]]:
        return lambda *values: self._run(name, values)

    def _run(self, name: str, values: tuple[Any, ...]) -> Future[Any]:
        if self.is_gone:
            (failed := Future[Any]()).set_exception(ActorDiedError())
            return failed
        actor = self._actor
        return self._executor.submit(lambda: self._done(actor, name, values))

    def _done(self, actor: EngineActor, name: str, values: tuple[Any, ...]) -> Any:
        try:
            return getattr(actor, name)(*values)
        except (LookupError, ValueError, OSError) as error:  # of a session that has ended
            raise RayError from error


class FakeRay:
    """The parts of the module ``ray`` that `core.cluster.ray_cluster` calls.

    Attributes:
        actors: all so far. inits: what `init` was called with. is_up: it is connected.
    """

    __version__ = "0.0"

    def __init__(self, make: Callable[[int], Maker], *nodes: dict[str, float]) -> None:
        """``make`` returns the maker of an actor's engines by its number, from 1; each node is its resources."""
        self._make, self._nodes = make, nodes
        self.exceptions = SimpleNamespace(
            RayError=RayError, GetTimeoutError=GetTimeoutError, ActorDiedError=ActorDiedError
        )
        self.actors: list[FakeActor] = []
        self.options: list[dict[str, Any]] = []
        self.inits: list[dict[str, Any]] = []
        self.is_up = False

    def init(self, **options: Any) -> None:
        self.inits.append(options)
        self.is_up = True

    def shutdown(self) -> None:
        self.is_up = False

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {"Alive": True, "NodeManagerHostname": f"node{number}", "Resources": resources}
            for number, resources in enumerate(self._nodes, 1)
        ]

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(gcs_address="192.0.2.1:6379")

    def remote(self, _kind: type) -> Any:
        return SimpleNamespace(options=self._options)

    def get(self, answer: Future[Any], timeout: float | None = None) -> Any:
        assert self.is_up
        try:
            content = answer.result(timeout)
        except TimeoutError:
            raise GetTimeoutError from None
        return content

    def kill(self, actor: FakeActor, *, no_restart: bool = True) -> None:
        actor.kill(no_restart=no_restart)

    def _options(self, **options: Any) -> Any:
        self.options.append(options)
        return SimpleNamespace(remote=self._actor)

    def _actor(self, language: str) -> FakeActor:
        number = len(self.actors) + 1
        self.actors.append(FakeActor(language, self._make(number), number))
        return self.actors[-1]
