"""Pause and single step in the studio, with a fake engine in the real worker thread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Studio
from core.runs.events import Phase
from tests.app.conftest import Heard, MakeStudio
from tests.app.holding import hold_at, wait_for_steps
from tests.fakes import pixels

Settle = Callable[[Studio], None]
Listen = Callable[[Studio], Heard]


def test_pause_holds_after_the_step_and_resume_goes_on(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine, hold = hold_at(5)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.pause()
    assert studio.state is RunState.paused
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    qtbot.wait(50)
    assert engine.calls == 6
    studio.resume()
    settle(studio)
    assert heard.all("run_ended") == [Ending.finished]
    assert engine.calls == 20


@pytest.mark.parametrize("point", [Phase.loading_model, Phase.reading_prompt, Phase.decoding])
def test_pause_works_in_every_phase(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot, point: Phase
):
    engine, hold = hold_at(point)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.pause()
    hold.set()
    qtbot.wait(50)
    assert studio.state is RunState.paused
    assert not heard.all("run_ended")
    studio.resume()
    settle(studio)
    assert heard.all("run_ended") == [Ending.finished]


def test_stop_while_paused_ends_at_once(make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot):
    engine, hold = hold_at(5)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.pause()
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    studio.stop()
    settle(studio)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert engine.calls == 6


def test_pausing_shows_the_last_frame_by_the_full_autoencoder(
    make_studio: MakeStudio, listen: Listen, qtbot: QtBot
):
    engine, hold = hold_at(5)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.pause()
    hold.set()
    qtbot.waitUntil(lambda: len(heard.all("decoded")) == 1)
    assert np.array_equal(heard.decoded()[0].pixels, pixels(studio.draft.size, 5))
    assert len(engine.decoded) == 1


def test_single_steps_advance_by_one_step_each(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=3)
    for step in (1, 2, 3):
        studio.single_step()
        assert studio.state is RunState.paused
        wait_for_steps(qtbot, heard, step)
        qtbot.waitUntil(lambda: len(heard.all("decoded")) == len(heard.all("stepped")))
        assert len(heard.all("stepped")) == step
    studio.single_step()
    settle(studio)
    assert heard.all("run_ended") == [Ending.finished]
    assert len(heard.all("image_ready")) == 1


def test_a_single_step_pauses_a_run(make_studio: MakeStudio, listen: Listen, qtbot: QtBot):
    engine, hold = hold_at(5)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.single_step()
    hold.set()
    wait_for_steps(qtbot, heard, 6)
    qtbot.wait(50)
    assert studio.state is RunState.paused
    assert engine.calls in (6, 7)


def test_single_steps_rest_at_each_finished_picture(make_studio: MakeStudio, listen: Listen, qtbot: QtBot):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=1, count=2)
    studio.single_step()
    wait_for_steps(qtbot, heard, 1)
    studio.single_step()
    qtbot.waitUntil(lambda: len(heard.all("image_ready")) == 1)
    qtbot.wait(50)
    assert len(heard.all("run_started")) == 1


def test_a_run_that_ends_while_paused_leaves_the_next_one_paused(
    make_studio: MakeStudio, listen: Listen, qtbot: QtBot, settle: Settle
):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=1)
    studio.single_step()
    wait_for_steps(qtbot, heard, 1)
    studio.generate()
    studio.single_step()
    qtbot.waitUntil(lambda: len(heard.all("run_ended")) == 1)
    qtbot.wait(50)
    assert studio.state is RunState.paused
    assert len(heard.all("run_started")) == 1
    studio.resume()
    settle(studio)
    assert len(heard.all("run_ended")) == 2
