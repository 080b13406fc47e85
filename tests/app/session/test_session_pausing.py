"""Pause and single step in the session, with a fake engine in the real worker thread."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Session
from core.runs.events import Phase
from tests.app.conftest import Heard, MakeSession
from tests.app.holding import hold_at, wait_for_steps

Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


def test_pause_holds_after_the_step_and_resume_goes_on(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine, hold = hold_at(5)
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.pause()
    assert session.state is RunState.paused
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    qtbot.wait(50)
    assert engine.calls == 6
    session.resume()
    settle(session)
    assert heard.all("run_ended") == [Ending.finished]
    assert engine.calls == 20


@pytest.mark.parametrize("point", [Phase.loading_model, Phase.reading_prompt, Phase.decoding])
def test_pause_works_in_every_phase(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot, point: Phase
):
    engine, hold = hold_at(point)
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.pause()
    hold.set()
    qtbot.wait(50)
    assert session.state is RunState.paused
    assert not heard.all("run_ended")
    session.resume()
    settle(session)
    assert heard.all("run_ended") == [Ending.finished]


def test_stop_while_paused_ends_at_once(make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot):
    engine, hold = hold_at(5)
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.pause()
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    session.stop()
    settle(session)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert engine.calls == 6


def test_pausing_tells_when_the_step_in_progress_is_over(make_session: MakeSession, listen: Listen, qtbot: QtBot):
    engine, hold = hold_at(5)
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.pause()
    hold.set()
    qtbot.waitUntil(lambda: len(heard.all("rested")) == 1)
    assert session.progress.film is not None
    assert len(session.progress.film.frames) == 6


def test_a_single_step_of_a_run_that_goes_on_rests_once(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine, hold = hold_at(5)
    session = make_session(engine)
    heard = listen(session)
    frames: list[int] = []

    def note() -> None:
        assert session.progress.film is not None
        frames.append(len(session.progress.film.frames))

    session.rested.connect(note)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.single_step()
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    qtbot.waitUntil(lambda: bool(frames))
    session.resume()
    settle(session)
    assert frames in ([6], [7])


def test_single_steps_advance_by_one_step_each(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
):
    session = make_session()
    heard = listen(session)
    session.edit(steps=3)
    for step in (1, 2, 3):
        session.single_step()
        assert session.state is RunState.paused
        wait_for_steps(qtbot, heard, step)
        qtbot.waitUntil(lambda: len(heard.all("rested")) == len(heard.all("stepped")))
        assert len(heard.all("stepped")) == step
    session.single_step()
    settle(session)
    assert heard.all("run_ended") == [Ending.finished]
    assert len(heard.all("image_ready")) == 1


def test_a_single_step_pauses_a_run(make_session: MakeSession, listen: Listen, qtbot: QtBot):
    engine, hold = hold_at(5)
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.single_step()
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    qtbot.waitUntil(lambda: len(heard.all("rested")) >= 1)
    assert session.state is RunState.paused
    assert engine.calls in (6, 7)


def test_single_steps_rest_at_each_finished_picture(make_session: MakeSession, listen: Listen, qtbot: QtBot):
    session = make_session()
    heard = listen(session)
    session.edit(steps=1, count=2)
    session.single_step()
    wait_for_steps(qtbot, heard, 1)
    session.single_step()
    qtbot.waitUntil(lambda: len(heard.all("image_ready")) == 1)
    qtbot.wait(50)
    assert len(heard.all("run_started")) == 1


def test_a_run_that_ends_while_paused_leaves_the_next_one_paused(
    make_session: MakeSession, listen: Listen, qtbot: QtBot, settle: Settle
):
    session = make_session()
    heard = listen(session)
    session.edit(steps=1)
    session.single_step()
    wait_for_steps(qtbot, heard, 1)
    session.generate()
    session.single_step()
    qtbot.waitUntil(lambda: len(heard.all("run_ended")) == 1)
    assert session.state is RunState.paused
    qtbot.wait(50)
    assert len(heard.all("run_started")) == 1
    session.resume()
    settle(session)
    assert len(heard.all("run_ended")) == 2
