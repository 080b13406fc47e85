"""Quitting: asks while a picture is being made, unless it is not to; the system is never held up."""

from __future__ import annotations

import threading

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QCheckBox, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


def run(opened: Opened, qtbot: QtBot) -> threading.Event:
    """Begins two pictures, and holds the first one in the middle."""
    hold = threading.Event()
    opened.engine.holds[2] = hold
    opened.window.session.edit(count=2)
    opened.window.session.generate()
    qtbot.waitUntil(opened.engine.arrived.is_set)
    return hold


def box_of(opened: Opened) -> QMessageBox | None:
    return opened.window.findChild(QMessageBox, "quitBox")


def test_quits_at_once_while_nothing_runs(opened: Opened) -> None:
    opened.action("Quit").trigger()
    assert box_of(opened) is None
    assert not opened.window.isVisible()


def test_asks_while_a_picture_is_made_and_says_what_becomes_of_it(opened: Opened, qtbot: QtBot) -> None:
    hold = run(opened, qtbot)
    opened.action("Quit").trigger()
    box = box_of(opened)
    assert box is not None
    assert "continued at the next start" in box.text()
    assert "1 more picture waits" in box.text()
    box.reject()
    assert opened.window.isVisible()
    hold.set()
    wait_until_idle(opened, qtbot)


def test_does_not_ask_again_when_it_is_not_to(open_window: Opener, qtbot: QtBot) -> None:
    opened = open_window()
    hold = run(opened, qtbot)
    opened.action("Quit").trigger()
    box = box_of(opened)
    assert box is not None
    never = box.findChild(QCheckBox, "neverAskBox")
    leave = box.findChild(QPushButton, "confirmQuitButton")
    assert never is not None
    assert leave is not None
    never.setChecked(True)
    hold.set()
    leave.click()
    assert not opened.window.isVisible()
    second = open_window()
    run(second, qtbot).set()
    second.action("Quit").trigger()
    assert box_of(second) is None
    assert not second.window.isVisible()


def test_a_signal_to_end_is_not_held_up(opened: Opened, qtbot: QtBot) -> None:
    hold = run(opened, qtbot)
    hold.set()
    opened.window.close_soon()
    qtbot.waitUntil(lambda: not opened.window.isVisible())


def test_only_a_close_of_the_users_own_asks(opened: Opened, qtbot: QtBot) -> None:
    run(opened, qtbot).set()
    event = QCloseEvent()  # not spontaneous, as those of the program itself
    assert not opened.window.contents.quit_question.holds(event)
    assert box_of(opened) is None
