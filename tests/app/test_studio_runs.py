"""Runs in the studio: endings, pause, single step, stop, queue; with a fake engine in the real worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.messages import Message
from app.run import Ending, RunState, SavedPicture
from app.studio import Studio
from core.errors import ModelMissing, OutOfMemory
from core.events import Phase, PreviewMode, Started, Stepped
from tests.app.conftest import Heard, MakeStudio
from tests.fakes import FakeEngine, Point, pixels

Settle = Callable[[Studio], None]
Listen = Callable[[Studio], Heard]


def hold_at(point: Point) -> tuple[FakeEngine, threading.Event]:
    hold = threading.Event()
    return FakeEngine(holds={point: hold}), hold


def wait_for_steps(qtbot: QtBot, heard: Heard, steps: int) -> None:
    qtbot.waitUntil(lambda: len(heard.all("stepped")) >= steps)


def test_a_run_tells_its_story_in_order(make_studio: MakeStudio, settle: Settle, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=3)
    heard.said.clear()
    studio.generate()
    settle(studio)
    assert heard.names() == [
        "state_changed",
        "queue_changed",
        *["phase_changed"] * 4,
        "run_started",
        *["stepped"] * 3,
        *["phase_changed"] * 2,
        "image_ready",
        "picture_saved",
        "run_ended",
        "state_changed",
    ]
    assert heard.all("phase_changed") == [
        Phase.importing,
        Phase.loading_model,
        Phase.reading_prompt,
        None,
        Phase.decoding,
        None,
    ]
    assert heard.all("state_changed") == [RunState.running, RunState.idle]
    assert heard.all("run_ended") == [Ending.finished]


def test_signals_arrive_in_the_gui_thread(make_studio: MakeStudio, settle: Settle):
    studio = make_studio()
    threads: set[int] = set()

    def note_thread(_: object) -> None:
        threads.add(threading.get_ident())

    for signal in (studio.stepped, studio.picture_saved, studio.failed, studio.run_ended):
        signal.connect(note_thread)
    studio.generate()
    settle(studio)
    assert threads == {threading.get_ident()}


def test_the_engine_is_made_and_used_in_one_other_thread(make_studio: MakeStudio, settle: Settle):
    engine = FakeEngine()
    made_in: list[int] = []

    def make() -> FakeEngine:
        made_in.append(threading.get_ident())
        return engine

    studio = make_studio(make_engine=make)
    assert not made_in
    for _ in range(2):
        studio.generate()
        settle(studio)
    assert made_in == list(engine.thread_ids)
    assert made_in[0] != threading.get_ident()


def test_the_film_grows_with_each_step(make_studio: MakeStudio, settle: Settle):
    studio = make_studio()
    lengths: list[int] = []

    def note_length(_: object) -> None:
        lengths.append(len(studio.film.frames) if studio.film else 0)

    studio.stepped.connect(note_length)
    studio.edit(steps=4)
    studio.generate()
    settle(studio)
    assert lengths == [1, 2, 3, 4]
    assert studio.film is not None
    assert studio.film.is_complete


def test_the_seed_of_the_first_picture_is_remembered(make_studio: MakeStudio, settle: Settle):
    studio = make_studio()
    studio.edit(count=3, steps=1)
    studio.generate()
    settle(studio)
    assert studio.progress.last_seed == 42


def test_requests_run_in_the_order_they_were_queued_as_they_were_then(make_studio: MakeStudio, settle: Settle):
    engine, hold = hold_at(0)
    studio = make_studio(engine)
    for prompt in ("one", "two", "three"):
        studio.edit(prompt=prompt)
        studio.generate()
    studio.edit(prompt="not asked for")
    assert [run.request.prompt for run in studio.queue] == ["two", "three"]
    hold.set()
    settle(studio)
    assert [request.prompt for request in engine.requests] == ["one", "two", "three"]


def test_a_waiting_run_can_be_removed(make_studio: MakeStudio, settle: Settle):
    engine, hold = hold_at(0)
    studio = make_studio(engine)
    for prompt in ("one", "two", "three"):
        studio.edit(prompt=prompt)
        studio.generate()
    studio.remove_queued(studio.queue[0].id)
    hold.set()
    settle(studio)
    assert [request.prompt for request in engine.requests] == ["one", "three"]


def test_clearing_the_queue_leaves_the_run_alone(make_studio: MakeStudio, settle: Settle, listen: Listen):
    engine, hold = hold_at(0)
    studio = make_studio(engine)
    heard = listen(studio)
    for _ in range(3):
        studio.generate()
    studio.clear_queue()
    assert heard.all("queue_changed")[-1] == ()
    hold.set()
    settle(studio)
    assert heard.all("run_ended") == [Ending.finished]


@pytest.mark.parametrize("point", [Phase.loading_model, Phase.reading_prompt, 0, 7, Phase.decoding])
def test_stop_answers_at_once_and_ends_within_one_step(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot, point: Point
):
    engine, hold = hold_at(point)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.edit(steps=10)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.stop()
    assert studio.state is RunState.stopping
    hold.set()
    settle(studio)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert engine.closed_runs == 1
    assert len(heard.all("stepped")) == {0: 1, 7: 8, Phase.decoding: 10}.get(point, 0)
    studio.generate()
    settle(studio)
    assert heard.all("run_ended") == [Ending.cancelled, Ending.finished]


def test_stop_while_torch_is_imported_ends_before_the_model_is_loaded(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
):
    engine, hold, importing = FakeEngine(), threading.Event(), threading.Event()

    def make() -> FakeEngine:
        importing.set()
        assert hold.wait(10)
        return engine

    studio = make_studio(make_engine=make)
    heard = listen(studio)
    studio.generate()
    qtbot.waitUntil(importing.is_set)
    qtbot.waitUntil(lambda: studio.phase is Phase.importing)
    studio.stop()
    hold.set()
    settle(studio)
    assert heard.all("run_ended") == [Ending.cancelled]
    assert engine.calls == 0
    assert studio.phase is None


def test_stop_goes_on_with_the_queue(make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot):
    engine, hold = hold_at(2)
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.stop()
    hold.set()
    settle(studio)
    assert heard.all("run_ended") == [Ending.cancelled, Ending.finished]


def test_stop_when_nothing_runs_does_nothing(make_studio: MakeStudio, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.stop()
    assert studio.state is RunState.idle
    assert not heard.said


def test_a_failed_run_says_why_and_the_next_one_works(make_studio: MakeStudio, settle: Settle, listen: Listen):
    engine = FakeEngine(errors={3: OutOfMemory("cpu", None, None)})
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    settle(studio)
    assert heard.all("run_ended") == [Ending.failed]
    assert heard.names().index("failed") < heard.names().index("run_ended")
    (text,) = heard.all("failed")
    assert isinstance(text, Message)
    assert text.title == "Not enough memory"
    engine.errors.clear()
    studio.generate()
    settle(studio)
    assert heard.all("run_ended") == [Ending.failed, Ending.finished]


def test_an_engine_that_cannot_be_made_is_a_failed_run_and_is_tried_again(
    make_studio: MakeStudio, settle: Settle, listen: Listen
):
    engines: list[FakeEngine | Exception] = [ModelMissing("torch"), FakeEngine()]

    def make() -> FakeEngine:
        engine = engines.pop(0)
        if isinstance(engine, Exception):
            raise engine
        return engine

    studio = make_studio(make_engine=make)
    heard = listen(studio)
    for _ in range(2):
        studio.generate()
        settle(studio)
    assert heard.all("run_ended") == [Ending.failed, Ending.finished]
    assert studio.phase is None


def test_an_unforeseen_error_is_logged_and_becomes_a_message(
    make_studio: MakeStudio, settle: Settle, listen: Listen, expected_warnings: list[str]
):
    expected_warnings.append("unexpected")
    studio = make_studio(FakeEngine(errors={0: ZeroDivisionError("inside")}))
    heard = listen(studio)
    studio.generate()
    settle(studio)
    (text,) = heard.all("failed")
    assert isinstance(text, Message)
    assert "inside" not in str(text)


def test_an_invalid_draft_is_refused_before_it_is_queued(make_studio: MakeStudio, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=0)
    studio.generate()
    assert len(heard.all("failed")) == 1
    assert studio.state is RunState.idle
    assert studio.queue == ()


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


def test_the_preview_mode_holds_from_the_next_run_on(make_studio: MakeStudio, settle: Settle):
    engine = FakeEngine()
    studio = make_studio(engine)
    studio.set_preview_mode(PreviewMode.every_step)
    studio.generate()
    settle(studio)
    assert engine.previews == [PreviewMode.every_step]


def test_events_carry_what_views_need(make_studio: MakeStudio, settle: Settle, listen: Listen):
    studio = make_studio()
    heard = listen(studio)
    studio.edit(steps=1)
    studio.generate()
    settle(studio)
    assert isinstance(heard.all("run_started")[0], Started)
    assert isinstance(heard.all("stepped")[0], Stepped)
    (saved,) = heard.all("picture_saved")
    assert isinstance(saved, SavedPicture)
    assert saved.path == Path("pictures/1.png")
    assert saved.image.request.prompt == "a red house"
