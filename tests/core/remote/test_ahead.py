"""An engine behind a wire makes one event ahead, never two, and only where events come fast."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import IO, Any

import pytest

from core.models.folders import FixedPlaces, Places
from core.models.memory_plan import DeviceMemory
from core.remote import server
from core.remote.client import RemoteEngine
from core.remote.frames import Sink
from core.remote.inbox import Inbox
from core.remote.messages import MakeEngine, Ready
from core.remote.server import Losable, Server
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, ImageReady, LinearPreview, Preview, Stepped
from core.runs.operations import Generate, Operation
from tests.fakes import FakeEngine
from tests.patience import LONGEST_S

REQUEST = GenerationRequest("a", size=Size(64, 64), steps=6, seed=3)


class CountingEngine(FakeEngine):
    """Tells how many events it has made, and when one is done that nobody has asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0
        self.has_made = threading.Condition()

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        for event in super().run(operation):
            with self.has_made:
                self.made += 1
                self.has_made.notify_all()
            yield event

    def waited_for(self, made: int) -> bool:
        with self.has_made:
            return self.has_made.wait_for(lambda: self.made >= made, LONGEST_S)


class PipedServer:
    """A server in a thread, at the other ends of two pipes."""

    name = ""
    is_away = False

    def __init__(self, engine: CountingEngine, line: Losable | None = None) -> None:
        (orders, own_sink), (answers, sink) = os.pipe(), os.pipe()
        self._files: tuple[IO[bytes], ...] = (os.fdopen(orders, "rb"), os.fdopen(answers, "rb"))
        self.sink: Sink = os.fdopen(own_sink, "wb")
        self._answers: Sink = os.fdopen(sink, "wb")
        self._engine, self._line = engine, line
        self.inbox = Inbox(self._files[1])
        self._thread = threading.Thread(target=self._serve, name="server")
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def end(self, seconds: float) -> str:
        self.sink.close()
        self._thread.join(seconds + LONGEST_S)
        self.inbox.close()
        for file in self._files:
            file.close()
        return "it was closed"

    def _serve(self) -> None:
        inbox = Inbox(self._files[0])
        Server(inbox, self._answers, self._make, self._line).serve()
        self._answers.close()
        inbox.close()

    def _make(self, _how: MakeEngine, _places: Callable[[], Places]) -> tuple[CountingEngine, Ready]:
        return self._engine, Ready("cpu", "Fake", "float32", "as asked", DeviceMemory("cpu", 2, 1))


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


@pytest.fixture
def remote(engine: CountingEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteEngine]:
    monkeypatch.setattr(server, "FAST_S", LONGEST_S)
    remote = RemoteEngine(lambda: PipedServer(engine), MakeEngine(), FixedPlaces)
    yield remote
    remote.close()


def test_one_event_is_made_ahead_and_none_after_it_while_nobody_asks(
    engine: CountingEngine, remote: RemoteEngine
) -> None:
    run = remote.run(Generate(REQUEST))
    for number, event in enumerate(run, 1):
        if isinstance(event, ImageReady):
            break
        assert engine.waited_for(number + 1)
        list(remote.run(Generate(REQUEST)))  # a whole other run meanwhile
        assert engine.made <= number + 1 + len(list(FakeEngine().run(Generate(REQUEST))))
        engine.made = number + 1
    run.close()


def test_a_step_made_ahead_is_thrown_away_by_stopping(engine: CountingEngine, remote: RemoteEngine) -> None:
    run = remote.run(Generate(REQUEST))
    steps = [next(event for event in run if isinstance(event, Stepped)) for _ in range(2)]
    run.close()
    assert [step.frame.call for step in steps] == [0, 1]
    assert isinstance(list(remote.run(Generate(REQUEST)))[-1], ImageReady)


def test_nothing_is_made_ahead_of_a_run_whose_steps_are_slow(
    engine: CountingEngine, remote: RemoteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "FAST_S", 0.0)
    run = remote.run(Generate(REQUEST))
    for number, _ in enumerate(run, 1):
        assert engine.made == number


@dataclass
class FakeLine:
    """A line that is away and slow as told; the messages go another way."""

    is_away: bool = False
    heard: float = 0.0
    under_way: int = 0


@pytest.fixture
def line() -> FakeLine:
    return FakeLine()


@pytest.fixture
def far(engine: CountingEngine, line: FakeLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteEngine]:
    for limit in ("FAST_S", "PAUSED_S"):
        monkeypatch.setattr(server, limit, LONGEST_S)
    remote = RemoteEngine(lambda: PipedServer(engine, line), MakeEngine(), FixedPlaces)
    yield remote
    remote.close()


EVENTS = len(list(FakeEngine().run(Generate(REQUEST))))


def test_a_run_goes_on_alone_when_its_line_is_lost(
    engine: CountingEngine, far: RemoteEngine, line: FakeLine
) -> None:
    run = far.run(Generate(REQUEST))
    events = [next(run), next(run)]
    line.heard, line.is_away = time.monotonic(), True
    assert engine.waited_for(EVENTS)
    line.is_away = False
    assert [type(event) for event in [*events, *run]] == [
        type(event) for event in FakeEngine().run(Generate(REQUEST))
    ]


def test_a_paused_run_stays_where_it_is_when_its_line_is_lost(
    engine: CountingEngine, far: RemoteEngine, line: FakeLine
) -> None:
    run = far.run(Generate(REQUEST))
    next(run)
    line.heard, line.is_away = time.monotonic() + server.PAUSED_S + 100, True
    assert engine.waited_for(2)
    time.sleep(2 * server.LOOK_AGAIN_S)
    assert engine.made == 2
    run.close()


def test_what_is_kept_for_a_lost_line_is_bounded(
    engine: CountingEngine, far: RemoteEngine, line: FakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEPT_ALONE", 1)
    run = far.run(Generate(REQUEST))
    next(run)
    line.heard, line.is_away = time.monotonic(), True
    time.sleep(2 * server.LOOK_AGAIN_S)
    assert engine.made <= 2
    assert sum(isinstance(event, Stepped) for event in run) == REQUEST.steps


@pytest.mark.parametrize(("under_way", "kind"), [(0, Preview), (server.SLOW + 1, LinearPreview)])
def test_a_slow_line_carries_no_decoded_previews(
    far: RemoteEngine, line: FakeLine, under_way: int, kind: type
) -> None:
    line.under_way = under_way
    previews = {type(event.preview) for event in far.run(Generate(REQUEST)) if isinstance(event, Stepped)}
    assert kind in previews
    assert under_way == 0 or previews == {LinearPreview}
