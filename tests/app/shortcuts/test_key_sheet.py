"""F1 shows every key that there is, over the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.preferences.controller import PreferencesDialog
from app.shortcuts.fixed_keys import FIXED_KEYS
from app.shortcuts.key_sheet import KeySheet
from app.shortcuts.keymap import native
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def sheet(opened: Opened) -> KeySheet:
    opened.action("Keyboard shortcuts").trigger()
    found = opened.window.findChild(KeySheet)
    assert isinstance(found, QDialog)
    return found


def test_every_key_of_a_command_and_of_a_part_is_on_it(opened: Opened) -> None:
    texts = {label.text() for label in sheet(opened).findChildren(QLabel)}
    keymap = opened.window.contents.keymap
    with_keys = [command for command in keymap.commands if keymap.keys(command)]
    assert {command.title for command in with_keys} <= texts
    assert {native(keymap.keys(command)) for command in with_keys} <= texts
    assert {keys for rows in FIXED_KEYS.values() for _, keys in rows} <= texts


def test_f1_closes_it_and_change_opens_the_preferences(opened: Opened, qtbot: QtBot) -> None:
    opened.window.show()
    first = sheet(opened)
    qtbot.waitExposed(first)
    with qtbot.waitSignal(first.finished):
        qtbot.keyClick(first, Qt.Key.Key_F1)
    change = sheet(opened).findChild(QPushButton, "changeKeysButton")
    assert isinstance(change, QPushButton)
    change.click()
    preferences = opened.window.findChild(PreferencesDialog)
    assert isinstance(preferences, QDialog)
    assert preferences.isVisible()
