from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.create.picture_drop import PictureDrop, picture_in


def files(*paths: Path | str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) if isinstance(path, Path) else QUrl(path) for path in paths])
    return data


def drop(target: QWidget, data: QMimeData) -> bool:
    """What Qt sends when something is dropped on a widget; says whether it was taken."""
    move = Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(5, 5), move, data, left, none)
    entered.setAccepted(False)
    QApplication.sendEvent(target, entered)
    if not entered.isAccepted():
        return False
    dropped = QDropEvent(QPointF(5, 5), move, data, left, none)
    dropped.setAccepted(False)
    QApplication.sendEvent(target, dropped)
    return dropped.isAccepted()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(QPlainTextEdit())
    window.show()
    return window


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "b.jpg", "c.jpeg", "d.webp", "mit leerzeichen und ü.png"])
def test_a_dropped_picture_is_taken(window: QWidget, qtbot: QtBot, tmp_path: Path, name: str) -> None:
    pictures = PictureDrop(window, window)
    with qtbot.waitSignal(pictures.dropped) as dropped:
        assert drop(window, files(tmp_path / name))
    assert dropped.args == [tmp_path / name]


def test_a_picture_dropped_on_a_text_field_is_not_taken_for_text(
    window: QWidget, qtbot: QtBot, tmp_path: Path
) -> None:
    pictures = PictureDrop(window, window)
    field = window.findChild(QPlainTextEdit)
    assert isinstance(field, QPlainTextEdit)
    with qtbot.waitSignal(pictures.dropped):
        drop(field.viewport(), files(tmp_path / "a.png"))
    assert field.toPlainText() == ""


def test_text_can_still_be_dropped_on_a_text_field(window: QWidget, qtbot: QtBot) -> None:
    pictures = PictureDrop(window, window)
    field = window.findChild(QPlainTextEdit)
    assert isinstance(field, QPlainTextEdit)
    text = QMimeData()
    text.setText("a balloon")
    with qtbot.assertNotEmitted(pictures.dropped):
        drop(field.viewport(), text)
    assert field.toPlainText() == "a balloon"


def test_other_things_are_refused(window: QWidget, qtbot: QtBot, tmp_path: Path) -> None:
    pictures = PictureDrop(window, window)
    with qtbot.assertNotEmitted(pictures.dropped):
        assert not drop(window, files(tmp_path / "notes.txt"))
        assert not drop(window, files("https://example.org/a.png"))
        assert not drop(window, QMimeData())


def test_the_first_picture_of_several_files_is_taken(tmp_path: Path) -> None:
    assert picture_in(files(tmp_path / "notes.txt", tmp_path / "b.png", tmp_path / "c.png")) == tmp_path / "b.png"
