from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListView
from pytestqt.qtbot import QtBot

from app.recent.model import RecentPictures
from app.recent.strip import RecentStrip
from app.session.picture_loader import PictureLoader


@pytest.fixture
def model(loader: PictureLoader) -> RecentPictures:
    return RecentPictures(loader)


@pytest.fixture
def strip(model: RecentPictures, qtbot: QtBot) -> RecentStrip:
    strip = RecentStrip(model)
    qtbot.addWidget(strip)
    strip.resize(240, 500)
    strip.show()
    return strip


def fill(strip: RecentStrip, *paths: Path) -> QListView:
    view = strip.findChild(QListView, "recentView")
    assert isinstance(view, QListView)
    model = view.model()
    assert isinstance(model, RecentPictures)
    for path in reversed(paths):
        model.add(path)
    return view


def test_an_empty_strip_says_what_will_be_there(strip: RecentStrip) -> None:
    texts = [label.text() for label in strip.findChildren(QLabel) if label.isVisible()]
    assert "Finished pictures appear here and are saved at once." in texts


def test_a_click_chooses_and_a_double_click_opens(strip: RecentStrip, tmp_path: Path, qtbot: QtBot) -> None:
    view = fill(strip, tmp_path / "a.png", tmp_path / "b.png")
    assert view.isVisible()
    second = view.visualRect(view.model().index(1, 0)).center()
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert chosen.args == [tmp_path / "b.png"]
    with qtbot.waitSignal(strip.activated) as activated:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert activated.args == [tmp_path / "b.png"]


def test_the_right_button_asks_for_the_menu_and_opens_nothing(
    strip: RecentStrip, tmp_path: Path, qtbot: QtBot
) -> None:
    view = fill(strip, tmp_path / "a.png", tmp_path / "b.png")
    second = view.visualRect(view.model().index(1, 0)).center()
    with qtbot.assertNotEmitted(strip.chosen):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=second)
    with qtbot.waitSignal(strip.menu_asked) as asked:
        view.customContextMenuRequested.emit(second)
    assert asked.args is not None
    assert asked.args[0] == tmp_path / "b.png"


def test_the_keyboard_chooses_too(strip: RecentStrip, tmp_path: Path, qtbot: QtBot) -> None:
    view = fill(strip, tmp_path / "a.png", tmp_path / "b.png")
    view.setFocus()
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert isinstance(chosen.args, list)


def test_the_same_picture_can_be_chosen_again_after_the_choice_was_forgotten(
    strip: RecentStrip, tmp_path: Path, qtbot: QtBot
) -> None:
    view = fill(strip, tmp_path / "a.png")
    middle = view.visualRect(view.model().index(0, 0)).center()
    for _ in range(2):
        with qtbot.waitSignal(strip.chosen):
            qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
        strip.forget_choice()


def test_the_thumbnails_fill_the_width(strip: RecentStrip, tmp_path: Path) -> None:
    view = fill(strip, *(tmp_path / f"{number}.png" for number in range(4)))
    strip.resize(240, 500)
    two = view.gridSize().width()
    strip.resize(400, 500)
    three = view.gridSize().width()
    assert 104 <= two <= 120
    assert 104 <= three <= 133
    view.doItemsLayout()
    tops = {view.visualRect(view.model().index(row, 0)).top() for row in range(3)}
    assert len(tops) == 1


def test_the_delete_key_asks_for_the_trash(strip: RecentStrip, tmp_path: Path, qtbot: QtBot) -> None:
    view = fill(strip, tmp_path / "a.png", tmp_path / "b.png")
    strip.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    view.setCurrentIndex(view.model().index(1, 0))
    with qtbot.waitSignal(strip.delete_asked) as asked:
        qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert asked.args == [tmp_path / "b.png"]
