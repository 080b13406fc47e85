"""Theme, previews, notices hold at once; the settings as a whole are exported, imported and reset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.preferences.general import GeneralPage
from app.widgets.theme import DARK
from core.runs.events import PreviewMode
from core.settings.look import Theme
from core.settings.settings import FilmPolicy, load_settings
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def choose(combo: QComboBox, value: object) -> None:
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())


def page(opened: Opened) -> GeneralPage:
    return part(preferences(opened), GeneralPage, "generalPage")


def test_the_theme_holds_at_once_and_is_kept(opened: Opened) -> None:
    combo = part(preferences(opened), QComboBox, "themeCombo")
    choose(combo, Theme.dark)
    assert opened.window.contents.create_page.canvas._colours is DARK  # pyright: ignore[reportPrivateUsage]
    assert load_settings(opened.settings_store.folders).theme is Theme.dark
    assert opened.action("Dark").isChecked()
    choose(combo, Theme.light)


def test_a_chosen_language_says_that_it_acts_at_the_next_start(opened: Opened) -> None:
    choose(part(preferences(opened), QComboBox, "languageCombo"), "de")
    assert load_settings(opened.settings_store.folders).language == "de"
    told = [label.text() for label in page(opened).findChildren(QLabel)]
    assert "Deutsch: used when Emulsion starts again, as is a new scale." in told


def test_the_previews_are_those_of_the_controls(opened: Opened) -> None:
    combo = part(preferences(opened), QComboBox, "previewsCombo")
    choose(combo, PreviewMode.every_step)
    assert opened.window.session.preview_mode is PreviewMode.every_step
    control = opened.child("previewCombo")
    assert isinstance(control, QComboBox)
    assert control.currentData() is PreviewMode.every_step
    assert load_settings(opened.settings_store.folders).previews is PreviewMode.every_step


def test_notices_can_be_switched_off(opened: Opened) -> None:
    part(preferences(opened), QCheckBox, "tellWhenDoneBox").click()
    assert not load_settings(opened.settings_store.folders).tell_when_done


def test_settings_are_exported_and_hold_at_once_when_they_are_imported(opened: Opened, tmp_path: Path) -> None:
    opened.window.session.edit(prompt="a secret")
    opened.settings_store.change(
        theme=Theme.dark,
        previews=PreviewMode.linear,
        shortcuts={"stop": ("F9",)},
        keep_films=FilmPolicy.never,
        device="cpu",
        pictures=tmp_path / "there",
    )
    file = tmp_path / "my settings.json"
    page(opened).export_asked.emit(file)
    assert "a secret" not in file.read_text("utf-8")
    assert "settings exchanged" in preferences(opened).messages.subjects()
    preferences(opened)
    part(preferences(opened), GeneralPage, "generalPage").reset_asked.emit()
    assert opened.settings_store.settings.device is None
    assert opened.action("Stop").shortcut() == QKeySequence("Esc")
    page(opened).import_asked.emit(file)
    assert opened.settings_store.settings.keep_films is FilmPolicy.never
    assert opened.settings_store.settings.device == "cpu"
    assert opened.settings_store.settings.pictures == tmp_path / "there"
    assert opened.action("Stop").shortcut() == QKeySequence("F9")
    assert opened.action("Dark").isChecked()
    assert opened.window.session.preview_mode is PreviewMode.linear
    assert opened.window.session.draft.prompt == "a secret"
    assert load_settings(opened.settings_store.folders).device == "cpu"
    page(opened).theme_chosen.emit(Theme.light)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"program": "Other", "format": 1})])
def test_a_file_of_another_kind_changes_nothing_and_is_told(opened: Opened, tmp_path: Path, content: str) -> None:
    file = tmp_path / "file.json"
    file.write_text(content)
    before = opened.settings_store.settings
    page(opened).import_asked.emit(file)
    assert opened.settings_store.settings == before
    assert "settings exchanged" in preferences(opened).messages.subjects()


def test_an_export_that_cannot_be_written_is_told(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    page(opened).export_asked.emit(tmp_path / "file" / "settings.json")
    assert "settings exchanged" in preferences(opened).messages.subjects()


def test_a_reset_asks_first(opened: Opened, qtbot: QtBot) -> None:
    opened.settings_store.change(device="cpu")
    dialog = preferences(opened)
    qtbot.mouseClick(part(dialog, QPushButton, "resetSettingsButton"), Qt.MouseButton.LeftButton)
    assert opened.settings_store.settings.device == "cpu"
    part(dialog, QPushButton, "confirmResetButton").click()
    assert opened.settings_store.settings.device is None
