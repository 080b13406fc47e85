"""Runs and their queue in the studio, with a fake engine in the real worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from app.session.run import Ending, RunState, SavedPicture
from app.session.session import Studio
from core.runs.events import Phase, PreviewMode, Started, Stepped
from tests.app.conftest import Heard, MakeStudio
from tests.app.holding import hold_at
from tests.fakes import FakeEngine

Settle = Callable[[Studio], None]
Listen = Callable[[Studio], Heard]


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
