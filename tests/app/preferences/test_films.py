"""Films are kept as chosen, can be removed by age, and pictures stay."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QRadioButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.preferences.controller import PreferencesDialog
from core.files.sizes import size_text
from core.film.reader import SUFFIX, film_path
from core.settings.settings import FilmPolicy
from tests.app.preferences.windows import preferences
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def radio(dialog: PreferencesDialog, choice: FilmPolicy) -> QRadioButton:
    button = dialog.findChild(QRadioButton, f"films-{choice.name}")
    assert button is not None
    return button


def make_picture(opened: Opened, qtbot: QtBot) -> Path:
    with qtbot.waitSignal(opened.window.session.picture_saved) as saved:
        opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    assert saved.args is not None
    return saved.args[0].path


def test_films_are_kept_by_default_and_never_when_so_chosen(saving: Opened, qtbot: QtBot) -> None:
    assert film_path(make_picture(saving, qtbot)).is_file()
    radio(preferences(saving), FilmPolicy.never).click()
    assert not film_path(make_picture(saving, qtbot)).exists()
    assert "keep film" not in saving.subjects


@pytest.mark.parametrize(("button", "is_kept"), [("keepFilmButton", True), ("removeFilmButton", False)])
def test_asked_for_a_film_the_answer_counts(saving: Opened, button: str, is_kept: bool, qtbot: QtBot) -> None:
    radio(preferences(saving), FilmPolicy.ask).click()
    pictures = [make_picture(saving, qtbot), make_picture(saving, qtbot)]
    assert "keep film" in saving.subjects
    answer = saving.child(button)
    assert isinstance(answer, QPushButton)
    answer.click()
    assert [film_path(picture).exists() for picture in pictures] == [is_kept, is_kept]
    assert all(picture.is_file() for picture in pictures)


def test_always_keep_ends_the_questions(saving: Opened, qtbot: QtBot) -> None:
    radio(preferences(saving), FilmPolicy.ask).click()
    make_picture(saving, qtbot)
    answer = saving.child("alwaysKeepFilmsButton")
    assert isinstance(answer, QPushButton)
    answer.click()
    assert saving.settings_store.settings.keep_films is FilmPolicy.always
    make_picture(saving, qtbot)
    assert "keep film" not in saving.subjects


def test_old_films_are_counted_and_removed_and_their_pictures_stay(saving: Opened, qtbot: QtBot) -> None:
    old, new = make_picture(saving, qtbot), make_picture(saving, qtbot)
    then = time.time() - 40 * 86400
    os.utime(film_path(old), (then, then))
    dialog = preferences(saving)
    remove, room = dialog.findChild(QPushButton, "removeFilmsButton"), dialog.findChild(QLabel, "filmRoom")
    assert remove is not None
    assert room is not None
    qtbot.waitUntil(lambda: remove.text().startswith("Remove 1 ("))
    assert room.text().startswith("2 films take")
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not remove.isEnabled() and "1 film takes" in room.text())
    assert [film_path(picture).exists() for picture in (old, new)] == [False, True]
    assert old.is_file()
    days = dialog.findChild(QSpinBox, "oldFilmsSpin")
    assert days is not None
    days.setValue(0)
    qtbot.waitUntil(remove.isEnabled)


def test_the_size_of_a_film_is_told_with_the_recipe(saving: Opened, qtbot: QtBot) -> None:
    picture = make_picture(saving, qtbot)
    saving.window.contents.create_page.strip.chosen.emit(picture)
    facts = saving.child("recipeFacts")
    assert isinstance(facts, QLabel)
    size = film_path(picture).stat().st_size
    qtbot.waitUntil(lambda: facts.text().endswith(f"Film {size_text(size)}"))
    assert picture.with_name(picture.stem + SUFFIX).is_file()
