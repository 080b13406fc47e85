"""Early choice: all pictures are begun, those chosen are finished, the others leave nothing behind."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.create.contact_sheet import CHOOSE, NOTHING_DECIDED, ContactSheet
from app.film.film_panel import FilmPanel
from core.film.reader import PART_SUFFIX
from core.pictures.mask import Box
from core.pictures.masked_picture import MaskedPicture
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def sheet_of(opened: Opened) -> ContactSheet:
    sheet = opened.child("contactSheet")
    assert isinstance(sheet, ContactSheet)
    return sheet


def begin(opened: Opened, qtbot: QtBot, count: int = 4, percent: int = 9, steps: int = 8) -> ContactSheet:
    opened.window.session.edit(count=count, steps=steps, seed=20)
    box, spin = opened.child("earlyChoiceCheck"), opened.child("earlyChoiceSpin")
    assert isinstance(box, QCheckBox)
    assert isinstance(spin, QSpinBox)
    box.setChecked(True)
    spin.setValue(percent)  # of the fake films, whose third step is 9 % picture
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    return sheet_of(opened)


def press(opened: Opened, name: str, qtbot: QtBot) -> None:
    button = opened.child(name)
    assert isinstance(button, QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def parts(opened: Opened) -> int:
    folder = opened.settings_store.films_folder()
    assert folder is not None
    return len(list(folder.glob(f"*{PART_SUFFIX}"))) if folder.is_dir() else 0


def test_all_pictures_wait_at_the_step_and_nothing_is_finished(saving: Opened, qtbot: QtBot) -> None:
    sheet = begin(saving, qtbot)
    assert sheet.isVisible()
    assert [sheet.list.item(row).text() for row in range(4)] == ["1", "2", "3", "4"]
    assert [len(film.frames) for film in saving.window.session.early_choice.films] == [3, 3, 3, 3]
    assert saving.engine.calls == 12
    assert parts(saving) == 4
    assert not saving.window.session.unsaved
    assert not list(saving.settings_store.settings.pictures.rglob("*.png"))


def test_those_chosen_are_finished_from_where_they_were(saving: Opened, qtbot: QtBot) -> None:
    sheet = begin(saving, qtbot)
    for row in (1, 3):
        sheet.list.item(row).setSelected(True)
    press(saving, "finishChosenButton", qtbot)
    wait_until_idle(saving, qtbot)
    assert [(branch.call, branch.request.seed) for branch in saving.engine.branches] == [(3, 21), (3, 23)]
    assert saving.engine.calls == 12 + 2 * 5
    saving.window.close()
    assert len(list(saving.settings_store.settings.pictures.rglob("*.png"))) == 2
    assert parts(saving) == 0
    assert not sheet.isVisible()


def test_discarding_all_can_be_undone_and_leaves_nothing_in_the_end(saving: Opened, qtbot: QtBot) -> None:
    sheet = begin(saving, qtbot)
    press(saving, "discardAllButton", qtbot)
    assert not sheet.isVisible()
    assert not saving.window.session.early_choice.films
    assert saving.subjects == ("discarded",)
    press(saving, "undoDiscardButton", qtbot)
    assert sheet.isVisible()
    assert sheet.list.count() == 4
    sheet.list.item(1).setSelected(True)
    press(saving, "finishChosenButton", qtbot)
    wait_until_idle(saving, qtbot)
    assert [branch.request.seed for branch in saving.engine.branches] == [21]
    saving.window.close()
    assert parts(saving) == 0


def test_four_pictures_lie_in_a_square_with_numbers(saving: Opened, qtbot: QtBot) -> None:
    sheet = begin(saving, qtbot)
    places = [sheet.list.visualItemRect(sheet.list.item(row)) for row in range(4)]
    assert len({place.top() for place in places}) == 2
    assert len({place.left() for place in places}) == 2
    assert [sheet.list.item(row).toolTip() for row in (0, 3)] == ["Seed 20", "Seed 23"]


def test_undecided_pictures_are_offered_at_the_next_start(
    saving: Opened, open_window: Opener, qtbot: QtBot
) -> None:
    begin(saving, qtbot)
    saving.window.close()
    assert "unfinished" in open_window(saves=True).subjects


def test_marks_are_set_by_keyboard_and_enter_finishes(saving: Opened, qtbot: QtBot) -> None:
    sheet = begin(saving, qtbot)
    sheet.list.setCurrentRow(0)
    sheet.list.clearSelection()
    qtbot.keyClick(sheet.list, Qt.Key.Key_Space)
    assert len(sheet.marked) == 1
    press(saving, "markAllButton", qtbot)
    assert len(sheet.marked) == 4
    press(saving, "markNoneButton", qtbot)
    assert sheet.marked == ()
    assert not saving.child("finishChosenButton").isEnabled()
    sheet.list.item(2).setSelected(True)
    sheet.list.setFocus()
    saving.window.activateWindow()
    qtbot.waitUntil(sheet.list.hasFocus)
    qtbot.keyClick(sheet.list, Qt.Key.Key_Return)
    wait_until_idle(saving, qtbot)
    assert [branch.request.seed for branch in saving.engine.branches] == [22]


def test_the_true_pictures_come_to_the_sheet(saving: Opened, qtbot: QtBot) -> None:
    begin(saving, qtbot)
    qtbot.waitUntil(lambda: len(saving.engine.decoded) >= 4)
    assert [int(latent[0, 0, 0]) for latent in saving.engine.decoded[:4]] == [2, 2, 2, 2]


def test_a_second_batch_joins_the_sheet(saving: Opened, qtbot: QtBot) -> None:
    sheet = begin(saving, qtbot, count=2)
    saving.window.session.generate()
    wait_until_idle(saving, qtbot)
    assert sheet.list.count() == 4


def test_one_picture_or_no_choice_is_made_as_always(opened: Opened, qtbot: QtBot) -> None:
    begin(opened, qtbot, count=1)
    assert opened.child("earlyChoiceCheck").isHidden() or not opened.child("earlyChoiceCheck").isVisible()
    assert not sheet_of(opened).isVisible()
    opened.window.session.early_choice.choose_early(None)
    opened.window.session.edit(count=3)
    opened.window.session.early_choice.choose_early(None)
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert len(opened.engine.requests) == 4
    assert opened.window.session.progress.film is not None
    assert opened.window.session.progress.film.is_complete


@pytest.mark.parametrize(("percent", "steps", "calls"), [(9, 8, 3), (9, 20, 7), (1, 8, 1), (60, 8, 7), (60, 2, 1)])
def test_pictures_wait_at_a_noise_level_whatever_the_number_of_steps(
    opened: Opened, qtbot: QtBot, percent: int, steps: int, calls: int
) -> None:
    """At the latest one step before the last: sigma falls from 14 to 0.1 in equal steps."""
    begin(opened, qtbot, count=2, percent=percent, steps=steps)
    assert [len(film.frames) for film in opened.window.session.early_choice.films] == [calls, calls]


def test_the_sheet_says_so_while_the_pictures_hardly_differ(opened: Opened, qtbot: QtBot) -> None:
    sheet = begin(opened, qtbot)
    alike = [np.full((64, 64, 3), 100 + number, np.uint8) for number in range(4)]
    films = opened.window.session.early_choice.films
    for film, picture in zip(films, alike, strict=True):
        sheet.show_decoded(film, picture)
    hint = sheet.findChild(QLabel, "contactSheetHint")
    assert isinstance(hint, QLabel)
    assert hint.text() == NOTHING_DECIDED
    sheet.show_decoded(films[0], np.zeros((64, 64, 3), np.uint8))
    assert hint.text() == CHOOSE


def test_begun_parts_are_shown_in_their_picture(opened: Opened, qtbot: QtBot) -> None:
    mask = np.zeros((100, 300), np.uint8)
    mask[20:80, 200:250] = 255
    opened.engine.masked = MaskedPicture(np.full((100, 300, 3), 77, np.uint8), mask, Box(150, 0, 250, 100))
    sheet = begin(opened, qtbot, count=2)
    film = opened.window.session.early_choice.films[0]
    sheet.show_decoded(film, np.zeros((64, 64, 3), np.uint8))
    size = sheet.list.item(0).icon().availableSizes()[0]
    assert size.width() == pytest.approx(3 * size.height(), rel=0.02)


def test_the_film_panel_shows_the_run_that_waits(saving: Opened, qtbot: QtBot) -> None:
    begin(saving, qtbot)
    panel = saving.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    assert panel.film is not None
    assert len(panel.film.frames) == 3
