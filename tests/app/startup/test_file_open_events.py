from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QFileOpenEvent
from pytestqt.qtbot import QtBot

from app.startup.application import FileOpenEvents
from tests.app.saved_pictures import SavePicture
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def test_a_file_that_the_system_opens_is_asked_for(qtbot: QtBot, tmp_path: Path) -> None:
    watched, requests = QObject(), FileOpenEvents()
    watched.installEventFilter(requests)
    requests.tell()
    with qtbot.waitSignal(requests.picture_asked) as asked:
        QCoreApplication.sendEvent(watched, QFileOpenEvent(str(tmp_path / "house.png")))
    assert asked.args == [tmp_path / "house.png"]


def test_a_file_that_is_asked_for_before_the_window_is_filled_is_told_then(qtbot: QtBot, tmp_path: Path) -> None:
    watched, requests = QObject(), FileOpenEvents()
    watched.installEventFilter(requests)
    with qtbot.assertNotEmitted(requests.picture_asked):
        QCoreApplication.sendEvent(watched, QFileOpenEvent(str(tmp_path / "house.png")))
    with qtbot.waitSignal(requests.picture_asked) as asked:
        requests.tell()
    assert asked.args == [tmp_path / "house.png"]
    with qtbot.assertNotEmitted(requests.picture_asked):
        requests.tell()


def test_other_events_pass(qtbot: QtBot) -> None:
    requests = FileOpenEvents()
    with qtbot.assertNotEmitted(requests.picture_asked):
        assert not requests.eventFilter(requests, QEvent(QEvent.Type.User))


def test_the_window_shows_a_picture_that_was_asked_for(
    opened: Opened, save_picture: SavePicture, qtbot: QtBot
) -> None:
    path = save_picture()
    opened.window.contents.show_picture(path)
    qtbot.waitUntil(lambda: opened.window.contents.create_page.canvas.shown is not None)
