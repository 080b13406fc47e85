"""*Generate forever* goes on until it is switched off, or something stops it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.create.forever import Forever
from app.session.run import RunState
from app.session.runner import Runner
from app.session.session import Session
from core.errors import SaveFailed
from core.runs.events import Event, ImageReady
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


@pytest.fixture
def action(session: Session) -> QAction:
    action = QAction(session)
    action.setCheckable(True)
    Forever(action, session)
    return action


def test_it_goes_on_with_new_seeds_and_the_draft_of_the_moment(
    session: Session, action: QAction, qtbot: QtBot
) -> None:
    session.edit(seed=7)
    prompts: list[str] = []

    def note(ready: ImageReady) -> None:
        prompts.append(ready.image.request.prompt)

    session.image_ready.connect(note)
    action.setChecked(True)
    assert session.draft.seed is None
    qtbot.waitUntil(lambda: len(prompts) >= 2)
    session.edit(prompt="a blue house")
    qtbot.waitUntil(lambda: prompts[-1] == "a blue house")
    action.setChecked(False)
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_each_of_several_engines_makes_one_after_the_other(make_session: MakeSession, qtbot: QtBot) -> None:
    session = make_session(places=lambda: (EnginePlace(), EnginePlace(PlaceKind.process, "cpu")))
    action = QAction(session)
    action.setCheckable(True)
    Forever(action, session)
    made: set[int] = set()

    def note(runner: Runner, event: Event) -> None:
        if isinstance(event, ImageReady):
            made.add(runner.number)

    session.pool.happened.connect(note)
    session.pool.follow(session.pool.runners[1])  # the first one that begins is another one
    action.setChecked(True)
    assert len(session.queue.running) == len(session.pool.busy)
    qtbot.waitUntil(lambda: made == {1, 2})
    session.stop()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert not action.isChecked()
    assert session.queue.entries == ()


def test_a_failure_of_an_engine_that_the_window_does_not_show_switches_it_off(
    make_session: MakeSession, qtbot: QtBot
) -> None:
    hold = threading.Event()
    places = EnginePlace(), EnginePlace(PlaceKind.process, "cpu")
    failing = FakeEngine(errors={0: SaveFailed(Path("kept"), "the disk is full")})
    engines = dict(zip(places, (FakeEngine(holds={2: hold}), failing), strict=True))
    session = make_session(make_engine_at=engines.__getitem__, places=lambda: places)
    action = QAction(session)
    action.setCheckable(True)
    Forever(action, session)
    action.setChecked(True)
    try:
        qtbot.waitUntil(lambda: not action.isChecked())
        assert session.pool.followed.number == 1
        assert len(failing.requests) == 1
    finally:
        hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_stop_switches_it_off(session: Session, action: QAction, qtbot: QtBot) -> None:
    action.setChecked(True)
    qtbot.waitUntil(lambda: session.state is RunState.running)
    session.stop()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert not action.isChecked()


def test_settings_that_cannot_be_used_switch_it_off_at_once(session: Session, action: QAction) -> None:
    session.edit(steps=0)
    action.setChecked(True)
    assert not action.isChecked()
    assert session.state is RunState.idle
