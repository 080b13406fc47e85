"""The next operation costs its value, its work and one line: here one goes through engine, worker and session."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar
from pytestqt.qtbot import QtBot

from app.create.progress_line import ProgressLine
from app.recent.queue_list import QueueList
from app.session.run import Ending, RunState, WorkerState
from app.session.session import Session
from core.engine.engine import Engine
from core.engine.operations import OPERATIONS
from core.models.catalogue import Catalogue
from core.runs.events import Advanced, Event
from tests import made_up
from tests.app.conftest import MakeSession
from tests.made_up import Count

MANY = 1_000_000


@pytest.fixture
def session(make_session: MakeSession, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setitem(cast("dict[object, object]", OPERATIONS), Count, made_up.run)  # the one line

    def make_engine() -> Engine:
        # not Python's search by default, which would free the Qt objects of other tests in the worker's thread
        return Engine(Catalogue(()), "cpu", "float32", collect=lambda: None)

    return make_session(make_engine=make_engine)


def endings_of(session: Session) -> list[Ending]:
    endings: list[Ending] = []
    session.run_ended.connect(endings.append)
    return endings


def test_it_waits_in_the_queue_is_shown_paused_and_stopped_like_a_run(session: Session, qtbot: QtBot) -> None:
    line, queue, endings = ProgressLine(session), QueueList(session), endings_of(session)
    qtbot.addWidget(line)
    qtbot.addWidget(queue)
    told: list[Advanced] = []
    session.advanced.connect(told.append)
    session.queue.add(Count(MANY))
    session.queue.add(Count(3))
    assert [run.operation.title for run in session.queue.runs] == ["Count"]
    assert not queue.isHidden()
    qtbot.waitUntil(lambda: len(told) > 10)
    states: list[WorkerState] = []
    session.pool.followed.worker_thread.worker.state_changed.connect(states.append)
    session.pause()
    qtbot.waitUntil(lambda: WorkerState.paused in states)
    qtbot.wait(20)  # for those that were told before
    seen = len(told)
    qtbot.wait(20)
    assert len(told) == seen
    words, bar = line.findChild(QLabel, "phaseLabel"), line.findChild(QProgressBar)
    assert words is not None
    assert bar is not None
    assert f"of {MANY}" in words.text() or words.text() == "Paused"
    assert bar.maximum() > 0
    session.resume()
    qtbot.waitUntil(lambda: len(told) > seen)
    session.stop()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert [run.operation.title for run in session.queue.held] == ["Count"]
    session.queue.go_on()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert endings == [Ending.cancelled, Ending.finished]
    assert told[-1] == Advanced(3, 3)


def test_a_view_asks_for_it_with_progress_and_stops_it(session: Session, qtbot: QtBot) -> None:
    results: list[tuple[int, int]] = []
    events: list[Event] = []
    session.engine_tasks.submit("short", Count(5), results.append, on_event=events.append)
    qtbot.waitUntil(lambda: bool(results))
    assert results == [(5, 0)]
    assert [event.done for event in events if isinstance(event, Advanced)] == [1, 2, 3, 4, 5]
    session.engine_tasks.submit("long", Count(MANY), results.append, on_event=events.append)
    qtbot.waitUntil(lambda: len(events) > 15)
    session.engine_tasks.withdraw("long")
    seen = len(events)
    qtbot.wait(20)
    assert len(events) == seen
    assert len(results) == 1


def test_too_little_memory_is_told_as_for_every_operation(session: Session, qtbot: QtBot) -> None:
    endings = endings_of(session)
    with qtbot.waitSignal(session.run_failed) as failed:
        session.queue.add(Count(5, fails_at=3))
    assert failed.args is not None
    assert "memory" in failed.args[0].title.lower() + failed.args[0].sentence.lower()
    qtbot.waitUntil(lambda: endings == [Ending.failed])
