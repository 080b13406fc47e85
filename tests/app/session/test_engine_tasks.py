from __future__ import annotations

import threading
from typing import cast

from pytestqt.qtbot import QtBot

from app.session.run import Engine
from core.errors import ModelMissing
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine


def test_an_errand_runs_in_the_worker_and_is_answered_in_the_window(
    make_session: MakeSession, qtbot: QtBot
) -> None:
    engine = FakeEngine()
    session = make_session(engine)
    worked_in: list[int] = []
    answers: list[tuple[object, int]] = []

    def work(given: Engine) -> str:
        worked_in.append(threading.get_ident())
        return "same engine" if cast(object, given) is engine else "another"

    session.engine_tasks.ask("greeting", work, lambda result: answers.append((result, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [("same engine", threading.get_ident())]
    assert worked_in[0] != threading.get_ident()


def test_only_the_newest_of_a_kind_is_answered(make_session: MakeSession, qtbot: QtBot) -> None:
    session = make_session(FakeEngine())
    begun, go_on = threading.Event(), threading.Event()
    worked: list[int] = []
    answers: list[int] = []

    def first(_engine: Engine) -> int:
        begun.set()
        go_on.wait(5)
        worked.append(0)
        return 0

    def later(number: int) -> int:
        worked.append(number)
        return number

    session.engine_tasks.ask("slider", first, answers.append)
    assert begun.wait(5)
    for number in (1, 2, 3):
        session.engine_tasks.ask("slider", lambda _engine, number=number: later(number), answers.append)
    go_on.set()
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [3]
    assert worked == [0, 3]


def test_a_withdrawn_errand_is_neither_done_nor_answered(make_session: MakeSession, qtbot: QtBot) -> None:
    session = make_session(FakeEngine())
    begun, go_on = threading.Event(), threading.Event()
    answers: list[str] = []

    def wait(_engine: Engine) -> None:
        begun.set()
        go_on.wait(5)

    session.engine_tasks.ask("first", wait, lambda _: answers.append("first"))
    assert begun.wait(5)
    session.engine_tasks.ask(
        "unwanted", lambda _engine: answers.append("done"), lambda _: answers.append("answered")
    )
    session.engine_tasks.withdraw("unwanted")
    session.engine_tasks.ask("last", lambda _engine: None, lambda _: answers.append("last"))
    go_on.set()
    qtbot.waitUntil(lambda: "last" in answers)
    assert answers == ["first", "last"]


def test_an_errand_that_fails_is_told_as_a_message(make_session: MakeSession, qtbot: QtBot) -> None:
    session = make_session(FakeEngine())

    def fail(_engine: Engine) -> None:
        raise ModelMissing("starter")

    with qtbot.waitSignal(session.failed) as failed:
        session.engine_tasks.ask("broken", fail, lambda _result: None)
    assert failed.args is not None
    assert "starter" in failed.args[0].sentence


def test_tasks_are_served_between_the_steps_of_a_run(make_session: MakeSession, qtbot: QtBot) -> None:
    engine = FakeEngine()
    engine.holds[4] = threading.Event()
    session = make_session(engine)
    session.generate()
    assert engine.arrived.wait(5)
    order: list[str] = []
    session.picture_saved.connect(lambda: order.append("picture"))
    session.engine_tasks.ask("view", lambda _engine: None, lambda _: order.append("errand"))
    engine.holds[4].set()
    qtbot.waitUntil(lambda: len(order) == 2)
    assert order == ["errand", "picture"]
