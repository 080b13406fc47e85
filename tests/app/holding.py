"""Holding a run at a point, so that a test can look at the session meanwhile."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from tests.app.conftest import Heard
from tests.fakes import FakeEngine, Point


def hold_at(point: Point) -> tuple[FakeEngine, threading.Event]:
    hold = threading.Event()
    return FakeEngine(holds={point: hold}), hold


def wait_for_steps(qtbot: QtBot, heard: Heard, steps: int) -> None:
    qtbot.waitUntil(lambda: len(heard.all("stepped")) >= steps)
