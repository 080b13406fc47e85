from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from core.errors import ModelMissing
from core.runs.events import Advanced, Event, Finished
from core.runs.operations import Operation
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine
from tests.made_up import Count
from tests.patience import LONGEST_S

Answers = list[tuple[str, object]]


@pytest.fixture
def engine() -> FakeEngine:
    """Knows `Count`; waits at each number that ``holds`` names."""
    engine = FakeEngine()

    def count(operation: Count) -> Iterator[Event]:
        for number in range(operation.total):
            if number in engine.holds:
                engine.arrived.set()
                assert engine.holds[number].wait(LONGEST_S)
            yield Advanced(number + 1, operation.total)
        yield Finished((operation.total, threading.get_ident()))

    engine.answers[Count] = count
    return engine


def test_a_task_runs_in_the_worker_and_is_answered_in_the_window(
    engine: FakeEngine, make_session: MakeSession, qtbot: QtBot
) -> None:
    session = make_session(engine)
    answers: list[tuple[tuple[int, int], int]] = []
    session.engine_tasks.submit("count", Count(1), lambda result: answers.append((result, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(answers))
    ((result, answered_in),) = answers
    assert result[0] == 1
    assert result[1] != answered_in == threading.get_ident()


def test_only_the_newest_of_a_kind_is_answered(
    engine: FakeEngine, make_session: MakeSession, qtbot: QtBot
) -> None:
    session = make_session(engine)
    engine.holds[0] = threading.Event()
    answers: list[int] = []
    session.engine_tasks.submit("slider", Count(9), lambda result: answers.append(result[0]))
    assert engine.arrived.wait(LONGEST_S)
    for total in (1, 2, 3):
        session.engine_tasks.submit("slider", Count(total), lambda result: answers.append(result[0]))
    engine.holds[0].set()
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [3]


def test_a_withdrawn_task_stops_where_it_is(engine: FakeEngine, make_session: MakeSession, qtbot: QtBot) -> None:
    session = make_session(engine)
    engine.holds[2] = threading.Event()
    events: list[Event] = []
    answers: list[str] = []
    session.engine_tasks.submit("long", Count(1000), lambda _: answers.append("long"), on_event=events.append)
    assert engine.arrived.wait(LONGEST_S)
    session.engine_tasks.submit("waiting", Count(1), lambda _: answers.append("waiting"))
    session.engine_tasks.withdraw("long")
    session.engine_tasks.withdraw("waiting")
    session.engine_tasks.submit("last", Count(1), lambda _: answers.append("last"))
    engine.holds[2].set()
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.wait(20)
    assert answers == ["last"]
    assert len(events) < 10


def test_an_object_that_is_gone_is_told_nothing(
    engine: FakeEngine, make_session: MakeSession, qtbot: QtBot
) -> None:
    class View(QObject):
        def show(self, _result: object) -> None:
            answers.append("gone")

    session = make_session(engine)
    engine.holds[0] = threading.Event()
    answers: list[str] = []
    view = View()
    session.engine_tasks.submit("gone", Count(1), view.show)
    session.engine_tasks.submit("gone too", Count(1), partial(view.show))
    session.engine_tasks.submit("there", Count(1), lambda _: answers.append("there"))
    Shiboken.delete(view)
    engine.holds[0].set()
    qtbot.waitUntil(lambda: "there" in answers)
    assert answers == ["there"]


def test_a_task_tells_its_progress(engine: FakeEngine, make_session: MakeSession, qtbot: QtBot) -> None:
    session = make_session(engine)
    events: list[Event] = []
    answers: list[object] = []
    session.engine_tasks.submit("count", Count(3), answers.append, on_event=events.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert [event for event in events if isinstance(event, Advanced)] == [
        Advanced(1, 3),
        Advanced(2, 3),
        Advanced(3, 3),
    ]


def test_a_task_that_fails_is_told_as_a_message(
    engine: FakeEngine, make_session: MakeSession, qtbot: QtBot
) -> None:
    session = make_session(engine)

    def fail(_: Operation[object]) -> Iterator[Event]:
        raise ModelMissing("starter")
        yield

    engine.answers[Count] = fail
    with qtbot.waitSignal(session.failed) as failed:
        session.engine_tasks.submit("broken", Count(1))
    assert failed.args is not None
    assert "starter" in failed.args[0].sentence


def test_tasks_are_served_between_the_steps_of_a_run(make_session: MakeSession, qtbot: QtBot) -> None:
    engine = FakeEngine(holds={4: threading.Event()})
    engine.answers[Count] = lambda _: iter([Finished(None)])
    session = make_session(engine)
    session.generate()
    assert engine.arrived.wait(LONGEST_S)
    order: list[str] = []
    session.picture_saved.connect(lambda: order.append("picture"))
    session.engine_tasks.submit("view", Count(1), lambda _: order.append("task"))
    engine.holds[4].set()
    qtbot.waitUntil(lambda: len(order) == 2)
    assert order == ["task", "picture"]
