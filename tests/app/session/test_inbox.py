"""A person sees a dozen steps in a second: the newest ones, in their order, and the last one before the rest."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.session.inbox import REST_MS, Ended, Inbox
from app.session.run import Ending, RunState, WorkerState
from app.session.session import Session
from core.request.request import GenerationRequest
from core.runs.events import LinearPreview, Phase, Stepped
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine, film

Settle = Callable[[Session], None]
STEPS = 120


@pytest.fixture
def seen() -> list[object]:
    return []


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def session(make_session: MakeSession, engine: FakeEngine, seen: list[object]) -> Session:
    """Its run takes 0.6 s or longer; all that could be shown is noted, a step by the number of its call."""
    engine.call_seconds = 0.005
    session = make_session(engine)
    session.edit(steps=STEPS)

    def see(event: object) -> None:
        seen.append(event.frame.call if isinstance(event, Stepped) else event)

    for signal in (session.step_shown, session.phase_changed, session.run_ended, session.state_changed):
        signal.connect(see)
    return session


def calls(seen: list[object]) -> list[int]:
    return [event for event in seen if type(event) is int]


def test_few_steps_are_shown_and_the_last_one_is_before_the_decode(
    session: Session, seen: list[object], settle: Settle
) -> None:
    began = time.monotonic()
    session.generate()
    settle(session)
    took_ms = (time.monotonic() - began) * 1000
    shown = calls(seen)
    assert shown == sorted(set(shown))
    assert shown[0] == 0
    assert (len(shown) - 2) * 0.9 * REST_MS < took_ms  # before the decode it is not waited for
    assert seen.index(STEPS - 1) < seen.index(Phase.decoding)


@pytest.fixture
def steps() -> list[Stepped]:
    made = film(GenerationRequest("a"))
    return [Stepped(made, LinearPreview(made), 0.1) for _ in range(3)]


def heard_of(inbox: Inbox) -> list[object]:
    """Lists all that comes, and "shown" where the step before it is to be shown."""
    heard: list[object] = []
    inbox.came.connect(heard.append)

    def show(_step: Stepped) -> None:
        heard.append("shown")

    inbox.shown.connect(show)
    return heard


def test_steps_that_take_long_to_paint_are_shown_less_often(qtbot: QtBot, steps: list[Stepped]) -> None:
    seconds = itertools.count(0.0, 0.02)
    parent = QObject()
    inbox = Inbox(parent, lambda: next(seconds))
    heard = heard_of(inbox)
    for step in steps:
        inbox.put(step)
    assert heard == [steps[0], "shown"]
    qtbot.waitUntil(lambda: inbox._rest.interval() > 2 * REST_MS)  # pyright: ignore[reportPrivateUsage]
    assert heard == [steps[0], "shown"]
    qtbot.waitUntil(lambda: len(heard) == 5)
    assert heard[2:] == [*steps[1:], "shown"]


def test_all_else_comes_at_once_and_after_the_steps_before_it(qtbot: QtBot, steps: list[Stepped]) -> None:
    parent = QObject()
    inbox = Inbox(parent)
    heard = heard_of(inbox)
    for told in (*steps, WorkerState.paused):
        inbox.put(told)
    inbox.end(Ending.cancelled, None)
    last = [WorkerState.paused, Ended(Ending.cancelled, None)]
    assert heard == [steps[0], "shown", *steps[1:], "shown", *last]


def test_each_step_of_a_fast_engine_comes_once_and_few_are_shown(qtbot: QtBot, steps: list[Stepped]) -> None:
    parent = QObject()
    inbox = Inbox(parent)
    heard = heard_of(inbox)
    sent = [replace(steps[0], seconds=float(number)) for number in range(3000)]

    def send() -> None:
        for number, event in enumerate(sent):
            inbox.put(event)
            if number % 100 == 0:
                time.sleep(0.001)  # lets the other thread take some

    thread = threading.Thread(target=send)
    thread.start()
    qtbot.waitUntil(lambda: sent[-1] in heard and heard[-1] == "shown")
    thread.join()
    assert [told for told in heard if told != "shown"] == sent
    assert heard.count("shown") < len(sent) / 10


def test_what_is_handed_on_in_an_event_loop_inside_keeps_its_order(qtbot: QtBot, steps: list[Stepped]) -> None:
    parent = QObject()
    inbox = Inbox(parent)
    heard = heard_of(inbox)

    def ask(told: object) -> None:
        if told is WorkerState.paused:
            inbox.put(WorkerState.idle)
            QApplication.processEvents()

    inbox.put(steps[0])
    inbox.came.connect(ask)
    for told in (steps[1], steps[2], WorkerState.paused):
        inbox.put(told)
    assert heard == [steps[0], "shown", steps[1], steps[2], "shown", WorkerState.paused, WorkerState.idle]


def test_a_step_is_shown_before_what_an_event_loop_inside_of_it_brings(steps: list[Stepped]) -> None:
    parent = QObject()
    inbox = Inbox(parent)
    heard = heard_of(inbox)

    def ask(told: object) -> None:
        if told is steps[0]:
            inbox.put(WorkerState.paused)

    inbox.came.connect(ask)
    inbox.put(steps[0])
    assert heard == [steps[0], "shown", WorkerState.paused]


def test_a_step_is_shown_also_where_another_one_always_comes_meanwhile(steps: list[Stepped]) -> None:
    parent = QObject()
    inbox = Inbox(parent)
    heard = heard_of(inbox)
    inbox.came.connect(lambda _told: inbox._waiting.append(steps[1]))  # pyright: ignore
    inbox.put(steps[0])
    assert heard == [steps[0], "shown"]


def test_a_pause_and_a_single_step_show_the_step_at_which_the_run_rests(
    session: Session, engine: FakeEngine, seen: list[object], qtbot: QtBot
) -> None:
    hold = engine.holds[STEPS // 2] = threading.Event()
    rests: list[int] = []

    def rest() -> None:
        film = session.progress.film
        assert film is not None
        assert calls(seen)[-1] == len(film.frames) - 1
        rests.append(len(film.frames))

    session.rested.connect(rest)
    session.generate()
    qtbot.waitUntil(lambda: len(calls(seen)) >= 2)
    session.pause()
    hold.set()
    qtbot.waitUntil(lambda: len(rests) == 1)
    for count in (2, 3, 4):
        session.single_step()
        qtbot.waitUntil(lambda count=count: len(rests) == count)
    assert rests == list(range(rests[0], rests[0] + 4))


def test_stop_shows_the_last_step_before_the_end(
    session: Session, engine: FakeEngine, seen: list[object], qtbot: QtBot
) -> None:
    hold = engine.holds[STEPS // 2] = threading.Event()
    session.generate()
    qtbot.waitUntil(lambda: len(calls(seen)) >= 2)
    session.stop()
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    film = session.progress.film
    assert film is not None
    assert seen.index(len(film.frames) - 1) < seen.index(Ending.cancelled)
