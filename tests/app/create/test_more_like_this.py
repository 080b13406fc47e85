"""More like this: relatives appear as they develop, and each can be the start of the next ones."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.create.relatives_sheet import RelativesSheet
from core.request.request import Source
from tests.app.windows import Opened, Opener, open_window, wait_until_idle

__all__ = ["open_window"]


@pytest.fixture
def opened(open_window: Opener, qtbot: QtBot) -> Opened:
    """A window with a picture and its film."""
    opened = open_window(saves=True)
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    return opened


def sheet_of(opened: Opened) -> RelativesSheet:
    sheet = opened.child("relativesSheet")
    assert isinstance(sheet, RelativesSheet)
    return sheet


def cell(opened: Opened, place: int) -> QToolButton:
    found = sheet_of(opened).findChildren(QToolButton, f"relative{place}")[-1]
    assert isinstance(found, QToolButton)
    return found


def press(opened: Opened, name: str) -> None:
    button = opened.child(name)
    assert isinstance(button, QPushButton)
    button.click()


def begin(opened: Opened, qtbot: QtBot) -> None:
    opened.action("More like this").trigger()
    wait_until_idle(opened, qtbot)


def test_four_relatives_of_the_picture_are_shown_together(opened: Opened, qtbot: QtBot) -> None:
    parent = opened.window.session.progress.film
    assert parent is not None
    begin(opened, qtbot)
    assert sheet_of(opened).isVisible()
    assert all(cell(opened, place).isEnabled() for place in range(4))
    branches = opened.engine.branches
    assert [branch.film.run for branch in branches] == [parent.run] * 4
    assert len({branch.noise_seed for branch in branches}) == 4
    assert {branch.fresh_noise for branch in branches} == {1.0}


def test_any_picture_with_a_film_can_be_begun_with(opened: Opened, qtbot: QtBot) -> None:
    contents = opened.window.contents
    parent = opened.window.session.progress.film
    path = contents._commands.current_file()  # pyright: ignore[reportPrivateUsage]
    assert parent is not None and path is not None
    opened.window.session.edit(source=Source(str(path), 0.5))
    contents.create_page.left.mask_control.button.click()
    qtbot.waitUntil(lambda: contents.create_page.is_painting)
    contents._commands.tools.more_like_this(path)  # pyright: ignore[reportPrivateUsage]
    qtbot.waitUntil(sheet_of(opened).isVisible)
    wait_until_idle(opened, qtbot)
    assert not contents.create_page.is_painting
    assert [branch.film.run for branch in opened.engine.branches] == [parent.run] * 4


def test_a_click_goes_on_from_a_relative_and_back_again(opened: Opened, qtbot: QtBot) -> None:
    begin(opened, qtbot)
    sheet_of(opened).strength.setValue(40)
    sheet_of(opened).count.setValue(2)
    cell(opened, 2).click()
    wait_until_idle(opened, qtbot)
    fifth = opened.engine.branches[4]
    assert fifth.film.parent == opened.engine.branches[2].parent
    assert fifth.fresh_noise == 0.4
    assert len(opened.engine.branches) == 6
    press(opened, "relativesBackButton")
    assert cell(opened, 3).isEnabled()
    assert not sheet_of(opened).back.isEnabled()
    press(opened, "relativesAgainButton")
    wait_until_idle(opened, qtbot)
    assert opened.engine.branches[6].film is opened.engine.branches[0].film


def test_who_goes_on_does_not_wait_for_the_others(opened: Opened, qtbot: QtBot) -> None:
    hold = threading.Event()
    opened.action("More like this").trigger()
    qtbot.waitUntil(cell(opened, 0).isEnabled)
    opened.engine.holds[5] = hold
    cell(opened, 0).click()
    waiting = [run.operation.branch for run in opened.window.session.queue.runs]  # pyright: ignore
    hold.set()
    wait_until_idle(opened, qtbot)
    assert len(waiting) <= 4
    assert all(branch.film.parent is not None for branch in waiting)


def test_a_relative_is_shown_on_the_canvas(opened: Opened, qtbot: QtBot) -> None:
    begin(opened, qtbot)
    press(opened, "showRelative1")
    assert not sheet_of(opened).isVisible()
    qtbot.waitUntil(lambda: opened.child("recipeCard").isVisible())


def test_a_relative_that_is_not_saved_yet_is_shown_as_soon_as_it_is(opened: Opened, qtbot: QtBot) -> None:
    opened.action("More like this").trigger()
    sheet = sheet_of(opened)

    def show_the_last() -> None:
        if cell(opened, 3).isEnabled():
            sheet.opened.emit(3)

    opened.window.session.image_ready.connect(show_the_last)
    qtbot.waitUntil(lambda: not sheet.isVisible())
    qtbot.waitUntil(lambda: opened.child("recipeCard").isVisible())
    wait_until_idle(opened, qtbot)


def test_escape_leaves_the_sheet(opened: Opened, qtbot: QtBot) -> None:
    begin(opened, qtbot)
    qtbot.keyClick(sheet_of(opened), Qt.Key.Key_Escape)
    assert not sheet_of(opened).isVisible()


def test_a_picture_without_a_film_says_so(open_window: Opener, qtbot: QtBot) -> None:
    opened = open_window()
    with qtbot.waitSignal(opened.window.session.failed) as told:
        opened.action("More like this").trigger()
    assert told.args is not None
    assert "no film" in told.args[0].title
