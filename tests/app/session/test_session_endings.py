"""Stop, failures and refusals in the session, with a fake engine in the real worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.messages.errors import Message
from app.session.run import Ending, RunState
from app.session.session import Session
from core.errors import ModelMissing, OutOfMemory
from core.runs.events import Phase
from tests.app.conftest import Heard, MakeSession
from tests.app.holding import hold_at
from tests.fakes import FakeEngine, Point
from tests.patience import LONGEST_S

Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


@pytest.mark.parametrize("point", [Phase.loading_model, Phase.reading_prompt, 0, 7, Phase.decoding])
def test_stop_answers_at_once_and_ends_within_one_step(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot, point: Point
):
    engine, hold = hold_at(point)
    session = make_session(engine)
    heard = listen(session)
    session.edit(steps=10)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.stop()
    assert session.state is RunState.stopping
    hold.set()
    settle(session)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert engine.closed_runs == 1
    assert len(heard.all("stepped")) == {0: 1, 7: 8, Phase.decoding: 10}.get(point, 0)
    session.generate()
    settle(session)
    assert heard.all("run_ended") == [Ending.cancelled, Ending.finished]


def test_stop_while_torch_is_imported_ends_before_the_model_is_loaded(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine, hold, importing = FakeEngine(), threading.Event(), threading.Event()

    def make() -> FakeEngine:
        importing.set()
        assert hold.wait(LONGEST_S)
        return engine

    session = make_session(make_engine=make)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(importing.is_set)
    qtbot.waitUntil(lambda: session.phase is Phase.importing)
    session.stop()
    hold.set()
    settle(session)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert engine.calls == 0
    assert session.phase is None


def test_stop_holds_the_queue_until_it_goes_on(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine, hold = hold_at(2)
    session = make_session(engine)
    heard = listen(session)
    session.edit(count=3, seed=5)
    session.generate()
    session.edit(count=1, seed=70)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.stop()
    hold.set()
    settle(session)
    qtbot.wait(20)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert [run.left for run in session.queue.held] == [2, 1]
    session.edit(seed=90)
    session.generate()  # what is asked for now is made now
    settle(session)
    assert [run.left for run in session.queue.held] == [2, 1]
    session.queue.go_on()
    settle(session)
    assert [request.seed for request in engine.requests] == [5, 90, 6, 7, 70]
    assert session.queue.entries == ()


def test_a_run_that_failed_waits_to_be_tried_again_where_it_was(
    make_session: MakeSession, settle: Settle, listen: Listen
):
    engine = FakeEngine(errors={3: OutOfMemory("cpu", None, None)})
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    settle(session)
    (failed,) = session.queue.entries
    assert failed.problem == "Not enough memory"
    engine.errors.clear()
    session.generate()
    settle(session)
    assert session.queue.entries == (failed,)
    session.queue.try_again(failed.id)
    settle(session)
    assert session.queue.entries == ()
    assert [branch.call for branch in engine.branches] == [3]
    assert heard.all("run_ended") == [Ending.failed, Ending.finished, Ending.finished]


def test_two_failures_in_a_row_hold_the_queue(make_session: MakeSession, settle: Settle):
    engine = FakeEngine(errors={Phase.loading_model: ModelMissing("starter-model")})
    session = make_session(engine)
    session.edit(count=9)
    session.generate()
    settle(session)
    assert [(run.problem, run.left) for run in session.queue.entries] == [
        ("The model is not there", 1),
        ("The model is not there", 1),
        ("", 7),
    ]
    engine.errors.clear()
    session.queue.go_on()
    settle(session)
    assert [run.problem for run in session.queue.entries] == ["The model is not there"] * 2
    assert len(engine.requests) == 9


def test_stop_when_nothing_runs_does_nothing(make_session: MakeSession, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.stop()
    assert session.state is RunState.idle
    assert not heard.said


def test_a_failed_run_says_why_and_the_next_one_works(make_session: MakeSession, settle: Settle, listen: Listen):
    engine = FakeEngine(errors={3: OutOfMemory("cpu", None, None)})
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    settle(session)
    assert heard.all("run_ended") == [Ending.failed]
    assert heard.names().index("run_failed") < heard.names().index("run_ended")
    (text,) = heard.all("run_failed")
    assert isinstance(text, Message)
    assert text.title == "Not enough memory"
    engine.errors.clear()
    session.generate()
    settle(session)
    assert heard.all("run_ended") == [Ending.failed, Ending.finished]


def test_an_engine_that_cannot_be_made_is_a_failed_run_and_is_tried_again(
    make_session: MakeSession, settle: Settle, listen: Listen
):
    engines: list[FakeEngine | Exception] = [ModelMissing("torch"), FakeEngine()]

    def make() -> FakeEngine:
        engine = engines.pop(0)
        if isinstance(engine, Exception):
            raise engine
        return engine

    session = make_session(make_engine=make)
    heard = listen(session)
    for _ in range(2):
        session.generate()
        settle(session)
    assert heard.all("run_ended") == [Ending.failed, Ending.finished]
    assert session.phase is None


def test_an_unforeseen_error_is_logged_and_becomes_a_message(
    make_session: MakeSession, settle: Settle, listen: Listen, expected_warnings: list[str]
):
    expected_warnings.append("unexpected")
    session = make_session(FakeEngine(errors={0: ZeroDivisionError("inside")}))
    heard = listen(session)
    session.generate()
    settle(session)
    (text,) = heard.all("run_failed")
    assert isinstance(text, Message)
    assert "inside" not in str(text)


def test_an_invalid_draft_is_refused_before_it_is_queued(make_session: MakeSession, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.edit(steps=0)
    session.generate()
    assert len(heard.all("failed")) == 1
    assert session.state is RunState.idle
    assert session.queue.runs == ()
