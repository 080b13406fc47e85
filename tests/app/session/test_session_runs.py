"""Runs and their queue in the session, with a fake engine in the real worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from app.session.run import Ending, RunState, SavedPicture
from app.session.session import Session
from core.runs.events import Phase, PreviewMode, Started, Stepped
from tests.app.conftest import Heard, MakeSession
from tests.app.holding import hold_at
from tests.fakes import FakeEngine

Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


def test_a_run_tells_its_story_in_order(make_session: MakeSession, settle: Settle, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.edit(steps=3)
    heard.said.clear()
    session.generate()
    settle(session)
    names = heard.names()
    assert names.index("picture_saved") > names.index("image_ready")  # its writing holds nothing up
    names.remove("picture_saved")
    assert names == [
        "state_changed",
        *["phase_changed"] * 4,
        "run_started",
        *["stepped"] * 3,
        *["phase_changed"] * 2,
        "image_ready",
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


def test_signals_arrive_in_the_gui_thread(make_session: MakeSession, settle: Settle):
    session = make_session()
    threads: set[int] = set()

    def note_thread(_: object) -> None:
        threads.add(threading.get_ident())

    for signal in (session.stepped, session.picture_saved, session.failed, session.run_ended):
        signal.connect(note_thread)
    session.generate()
    settle(session)
    assert threads == {threading.get_ident()}


def test_the_engine_is_made_and_used_in_one_other_thread(make_session: MakeSession, settle: Settle):
    engine = FakeEngine()
    made_in: list[int] = []

    def make() -> FakeEngine:
        made_in.append(threading.get_ident())
        return engine

    session = make_session(make_engine=make)
    assert not made_in
    for _ in range(2):
        session.generate()
        settle(session)
    assert made_in == list(engine.thread_ids)
    assert made_in[0] != threading.get_ident()


def test_the_film_grows_with_each_step(make_session: MakeSession, settle: Settle):
    session = make_session()
    lengths: list[int] = []

    def note_length(_: object) -> None:
        lengths.append(len(session.progress.film.frames) if session.progress.film else 0)

    session.stepped.connect(note_length)
    session.edit(steps=4)
    session.generate()
    settle(session)
    assert lengths == [1, 2, 3, 4]
    assert session.progress.film is not None
    assert session.progress.film.is_complete


def test_the_seed_of_the_last_picture_is_remembered(make_session: MakeSession, settle: Settle):
    session = make_session()
    session.edit(count=3, steps=1, seed=42)
    session.generate()
    settle(session)
    assert session.progress.last_seed == 44


def test_requests_run_in_the_order_they_were_queued_as_they_were_then(make_session: MakeSession, settle: Settle):
    engine, hold = hold_at(0)
    session = make_session(engine)
    for prompt in ("one", "two", "three"):
        session.edit(prompt=prompt)
        session.generate()
    session.edit(prompt="not asked for")
    assert [run.operation.title for run in session.queue.runs] == ["two", "three"]
    hold.set()
    settle(session)
    assert [request.prompt for request in engine.requests] == ["one", "two", "three"]


def test_a_waiting_run_can_be_removed(make_session: MakeSession, settle: Settle):
    engine, hold = hold_at(0)
    session = make_session(engine)
    for prompt in ("one", "two", "three"):
        session.edit(prompt=prompt)
        session.generate()
    session.queue.remove(session.queue.runs[0].id)
    hold.set()
    settle(session)
    assert [request.prompt for request in engine.requests] == ["one", "three"]


def test_clearing_the_queue_leaves_the_run_alone(make_session: MakeSession, settle: Settle, listen: Listen):
    engine, hold = hold_at(0)
    session = make_session(engine)
    heard = listen(session)
    for _ in range(3):
        session.generate()
    for run in session.queue.runs:
        session.queue.remove(run.id)
    assert not session.queue.runs
    hold.set()
    settle(session)
    assert heard.all("run_ended") == [Ending.finished]


def test_the_preview_mode_holds_from_the_next_run_on(make_session: MakeSession, settle: Settle):
    engine = FakeEngine()
    session = make_session(engine)
    session.set_preview_mode(PreviewMode.every_step)
    session.generate()
    settle(session)
    assert engine.previews == [PreviewMode.every_step]


def test_events_carry_what_views_need(make_session: MakeSession, settle: Settle, listen: Listen):
    session = make_session()
    heard = listen(session)
    session.edit(steps=1)
    session.generate()
    settle(session)
    assert isinstance(heard.all("run_started")[0], Started)
    assert isinstance(heard.all("stepped")[0], Stepped)
    (saved,) = heard.all("picture_saved")
    assert isinstance(saved, SavedPicture)
    assert saved.path == Path("pictures/1.png")
    assert saved.image.request.prompt == "a red house"
