"""Holding a run at a point, so that a test can look at the session meanwhile."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from app.session.session import Session
from core.runs.events import Stepped
from tests.app.conftest import Heard
from tests.fakes import FakeEngine, Point


def hold_at(point: Point) -> tuple[FakeEngine, threading.Event]:
    hold = threading.Event()
    return FakeEngine(holds={point: hold}), hold


def hold_until_shown(session: Session, engine: FakeEngine, steps: int) -> None:
    """Lets each step begin when the one before it has been shown, so that none is passed over."""
    engine.holds |= {call: threading.Event() for call in range(1, steps)}

    def go_on(stepped: Stepped) -> None:
        if stepped.frame.call + 1 in engine.holds:
            engine.holds[stepped.frame.call + 1].set()

    session.step_shown.connect(go_on)


def wait_for_steps(qtbot: QtBot, heard: Heard, steps: int) -> None:
    qtbot.waitUntil(lambda: len(heard.all("stepped")) >= steps)
