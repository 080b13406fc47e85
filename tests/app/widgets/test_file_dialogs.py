"""File dialogs open where one was last time, each kind in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.file_dialogs import PICTURES, FolderMemory, ask_file, ask_folder, ask_save


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[QWidget]:
    """Returns a window with a memory, and folders ``pictures``, ``models`` and ``elsewhere``."""
    for name in ("pictures", "models", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").touch()
    window = QWidget()
    qtbot.addWidget(window)
    kept: dict[str, str] = {}
    FolderMemory(window, lambda: tmp_path / "pictures", lambda title: kept.get(title, ""), kept.__setitem__)
    yield window
    for dialog in window.findChildren(QFileDialog):
        dialog.close()


def opened(window: QWidget) -> QFileDialog:
    return window.findChildren(QFileDialog)[-1]


def test_pictures_are_looked_for_among_the_finished_ones_first(window: QWidget, tmp_path: Path) -> None:
    ask_file(window, "Open", print, [PICTURES])
    assert Path(opened(window).directory().path()) == tmp_path / "pictures"


def test_a_kind_of_question_opens_where_it_was_answered_last(window: QWidget, tmp_path: Path) -> None:
    field = QWidget(window)
    ask_file(field, "Open", print, [PICTURES])
    opened(field).filesSelected.emit([str(tmp_path / "elsewhere" / "a.png")])
    ask_file(field, "Open", print, [PICTURES], tmp_path / "models")
    assert Path(opened(field).directory().path()) == tmp_path / "elsewhere"
    ask_folder(field, "Move to", print, tmp_path / "models")
    assert Path(opened(field).directory().path()) == tmp_path / "models"
    opened(field).filesSelected.emit([str(tmp_path / "models")])
    ask_save(field, "Move 3 to", print, ["*.png"], tmp_path / "pictures" / "b.png")
    assert Path(opened(field).directory().path()) == tmp_path / "models"


def test_a_file_that_is_offered_again_is_shown_where_it_lies(window: QWidget, tmp_path: Path) -> None:
    ask_file(window, "Open", print, [PICTURES], tmp_path / "elsewhere" / "a.png")
    assert Path(opened(window).directory().path()) == tmp_path / "elsewhere"
    assert opened(window).selectedFiles() == [str(tmp_path / "elsewhere" / "a.png")]


def test_a_folder_that_has_gone_is_not_opened(window: QWidget, tmp_path: Path) -> None:
    ask_file(window, "Open", print, [PICTURES])
    opened(window).filesSelected.emit([str(tmp_path / "gone" / "a.png")])
    ask_file(window, "Open", print, [PICTURES])
    assert Path(opened(window).directory().path()) == tmp_path / "pictures"
