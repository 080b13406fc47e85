"""Saving: a pattern with a live example, the format, and copies without a recipe."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit

from core.pictures.saving import PictureFormat, SavingRules
from core.settings.settings import load_settings
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def test_the_pattern_shows_an_example_and_a_wrong_one_is_not_kept(opened: Opened) -> None:
    dialog = preferences(opened)
    pattern = part(dialog, QLineEdit, "namePatternEdit")
    example = part(dialog, QLabel, "namePatternExample")
    assert example.text() == "For example: 142530-7-a-red-house-by-the-sea.png"
    pattern.setText("{seed} {prompt}")
    assert example.text() == "For example: 7 a-red-house-by-the-sea.png"
    pattern.setText("{seed} {nonsense}")
    assert "{nonsense}" in example.text()
    assert load_settings(opened.settings_store.folders).saving == SavingRules(pattern="{seed} {prompt}")
    pattern.clear()
    assert load_settings(opened.settings_store.folders).saving == SavingRules()


def test_format_sharing_and_editor_are_kept(opened: Opened) -> None:
    dialog = preferences(opened)
    combo = part(dialog, QComboBox, "pictureFormatCombo")
    combo.setCurrentIndex(combo.findData(PictureFormat.webp))
    combo.activated.emit(combo.currentIndex())
    part(dialog, QCheckBox, "stripRecipeBox").click()
    part(dialog, QLineEdit, "editorEdit").setText("/usr/bin/gimp")
    kept = load_settings(opened.settings_store.folders)
    assert (kept.saving.format, kept.strips_recipe, kept.editor) == (PictureFormat.webp, True, "/usr/bin/gimp")
