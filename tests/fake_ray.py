"""A stand-in for the library Ray: its actors are objects of this process with threads, and die when told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from types import SimpleNamespace
from typing import Any, TypeVar

from core.cluster.actor import EngineActor, program
from core.remote.server import Maker

Result = TypeVar("Result")


class RayError(Exception):
    """Ray's own root of errors."""


class GetTimeoutError(RayError, TimeoutError):
    """An answer has not come yet."""


class ActorDiedError(RayError):
    """An actor has gone for good."""


class _Life:
    """One process of an actor."""

    def __init__(self, language: str) -> None:
        self.actor = EngineActor(language)
        self._is_over = False
        self._changes = Lock()

    def begin(self, session: str, make: Maker) -> str:
        with self._changes:
            if self._is_over:
                raise RayError
            return self.actor.begin(session, make)

    def end(self) -> None:
        with self._changes:
            self._is_over = True
            orders = self.actor._orders  # pyright: ignore[reportPrivateUsage]
            if orders is not None and not orders.closed:
                orders.close()


class FakeActor:
    """An actor by its handle: ``actor.order.remote(...)``.

    Attributes:
        is_gone: it will not be started again.
    """

    def __init__(self, language: str, make: Maker) -> None:
        self._language, self._make = language, make
        self._executor = ThreadPoolExecutor(1)
        self._life = _Life(language)
        self.is_gone = False

    @property
    def begin(self) -> Any:
        def remote(session: str, _make: Maker) -> Future[str]:
            life = self._life
            return self._submit(lambda: life.begin(session, self._make))

        return SimpleNamespace(options=lambda **_options: SimpleNamespace(remote=remote))  # pyright: ignore[reportUnknownLambdaType]

    @property
    def order(self) -> Any:
        def remote(session: str, content: bytes) -> Future[None]:
            actor = self._life.actor
            return self._submit(lambda: actor.order(session, content))

        return SimpleNamespace(remote=remote)

    @property
    def answer(self) -> Any:
        def remote(session: str) -> Future[bytes]:
            actor = self._life.actor
            return self._submit(lambda: actor.answer(session))

        return SimpleNamespace(remote=remote)

    def kill(self, *, no_restart: bool) -> None:
        self.is_gone = self.is_gone or no_restart
        self._life.end()
        self._life = _Life(self._language)

    def close(self) -> None:
        """Waits for all that was asked; the actor has been killed."""
        self._executor.shutdown()

    def _submit(self, work: Callable[[], Result]) -> Future[Result]:
        if self.is_gone:
            (failed := Future[Result]()).set_exception(ActorDiedError())
            return failed
        return self._executor.submit(_ray_errors, work)


def _ray_errors(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except (LookupError, ValueError, OSError) as error:  # of a session that has ended
        raise RayError from error


class FakeRay:
    """The parts of the module ``ray`` that `core.cluster.ray_cluster` calls.

    Attributes:
        actors: all so far. options: of each. inits: what `init` was called with. is_up: it is connected.
        has_room: for one more actor. program: the version that its nodes tell.
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
        self.is_up, self.has_room, self.program = False, True, program()

    def init(self, **options: Any) -> None:
        self.inits.append(options)
        self.is_up = True

    def shutdown(self) -> None:
        for actor in self.actors:
            actor.close()
        self.is_up = False

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "Alive": True,
                "NodeManagerHostname": f"node{number}",
                "Resources": {"node:__internal_head__": 1.0, f"node:192.0.2.{number}": 1.0, **resources},
            }
            for number, resources in enumerate(self._nodes, 1)
        ]

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(gcs_address="192.0.2.1:6379")

    def available_resources(self) -> dict[str, float]:
        return {"CPU": 1.0, "GPU": 1.0} if self.has_room else {}

    def remote(self, kind: object) -> Any:
        return SimpleNamespace(options=self._options if kind is EngineActor else self._ask)

    def _ask(self, *, resources: dict[str, float], **_options: Any) -> Any:
        (node,) = resources
        assert node.startswith("node:192.")
        (told := Future[str]()).set_result(self.program)
        return SimpleNamespace(remote=lambda: told)

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
        self.actors.append(FakeActor(language, self._make(number)))
        return self.actors[-1]


def of_gpus(count: int) -> FakeRay:
    """Returns a cluster with one node, which is asked for no engine."""

    def none(number: int) -> Maker:
        raise NotImplementedError(number)

    return FakeRay(none, {"GPU": float(count)})
