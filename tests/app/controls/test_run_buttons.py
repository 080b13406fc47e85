"""Generate, Stop, Pause and Single step: enabled when they can act, and saying what they would do."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.controls.run_buttons import RunButtons
from app.session.mask_selection import MaskSelection
from app.session.run import RunState
from app.session.session import Session
from app.widgets.icons import ICON_NAME
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine


@pytest.fixture
def hold() -> threading.Event:
    return threading.Event()


@pytest.fixture
def engine(hold: threading.Event) -> FakeEngine:
    return FakeEngine(holds={3: hold})


@pytest.fixture
def session(make_session: MakeSession, engine: FakeEngine) -> Session:
    return make_session(engine)


@pytest.fixture
def buttons(session: Session, qtbot: QtBot, tmp_path: Path) -> RunButtons:
    buttons = RunButtons(session, MaskSelection(session, tmp_path))
    qtbot.addWidget(buttons)
    return buttons


def click(button: QPushButton, qtbot: QtBot) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def enabled(buttons: RunButtons) -> list[str]:
    all_of_them = (buttons.generate, buttons.stop, buttons.pause, buttons.step)
    return [button.text() for button in all_of_them if button.isEnabled()]


def test_idle_offers_generate_and_a_single_step(buttons: RunButtons):
    assert enabled(buttons) == ["Generate", "Step"]


def test_generate_runs_and_then_queues(
    buttons: RunButtons, session: Session, engine: FakeEngine, hold: threading.Event, qtbot: QtBot
):
    click(buttons.generate, qtbot)
    assert enabled(buttons) == ["Add to queue", "Stop", "Pause", "Step"]
    click(buttons.generate, qtbot)
    assert len(session.queue.runs) == 1
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert len(engine.requests) == 2


def test_stop_says_at_once_that_it_was_heard(
    buttons: RunButtons, session: Session, engine: FakeEngine, hold: threading.Event, qtbot: QtBot
):
    click(buttons.generate, qtbot)
    qtbot.waitUntil(engine.arrived.is_set)
    click(buttons.stop, qtbot)
    assert buttons.stop.text() == "Stopping…"
    assert enabled(buttons) == ["Add to queue"]
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert enabled(buttons) == ["Generate", "Step"]


def test_pause_becomes_resume(
    buttons: RunButtons, session: Session, engine: FakeEngine, hold: threading.Event, qtbot: QtBot
):
    click(buttons.generate, qtbot)
    qtbot.waitUntil(engine.arrived.is_set)
    click(buttons.pause, qtbot)
    hold.set()
    assert buttons.pause.text() == "Resume"
    assert buttons.pause.property(ICON_NAME) == "play"
    click(buttons.pause, qtbot)
    assert buttons.pause.text() == "Pause"
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_step_starts_and_pauses(buttons: RunButtons, session: Session, engine: FakeEngine, qtbot: QtBot):
    click(buttons.step, qtbot)
    assert session.state is RunState.paused
    qtbot.waitUntil(lambda: engine.calls == 1)
    click(buttons.step, qtbot)
    qtbot.waitUntil(lambda: engine.calls == 2)


def test_the_icons_say_it_too(buttons: RunButtons, hold: threading.Event, session: Session, qtbot: QtBot):
    click(buttons.generate, qtbot)
    assert buttons.generate.property(ICON_NAME) == "plus"
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
