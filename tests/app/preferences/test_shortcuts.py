"""The list of shortcuts is that of the menus; a key is set, taken over, cleared and reset there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QLabel, QLineEdit, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot

from app.preferences.shortcuts import ShortcutsPage
from app.shortcuts.keymap import Command, Keymap
from tests.app.windows import Opened, Opener, open_window, opened

__all__ = ["open_window", "opened"]


class Page:
    """The page with what is pressed on it."""

    def __init__(self, opened: Opened, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        opened.window.contents.preferences.open_shortcuts()
        page = opened.window.findChild(ShortcutsPage)
        assert page is not None
        self.page = page
        self.keymap: Keymap = opened.window.contents.keymap

    def command(self, name: str) -> Command:
        return next(command for command in self.keymap.commands if command.name == name)

    def enter(self, name: str, key: str) -> None:
        self.page.choose(self.command(name))
        edit = self.page.findChild(QKeySequenceEdit, "shortcutEdit")
        assert edit is not None
        edit.setKeySequence(QKeySequence(key))

    def button(self, name: str) -> QPushButton:
        button = self.page.findChild(QPushButton, f"{name}Button")
        assert button is not None
        return button

    def press(self, name: str) -> None:
        self._qtbot.mouseClick(self.button(name), Qt.MouseButton.LeftButton)

    @property
    def words(self) -> str:
        label = self.page.findChild(QLabel, "shortcutWords")
        assert label is not None
        return label.text()

    def rows(self) -> dict[str, str]:
        """Returns the rows that are shown, without the headings."""
        tree = self.page.findChild(QTreeWidget)
        assert tree is not None
        found: dict[str, str] = {}
        for top in (tree.topLevelItem(number) for number in range(tree.topLevelItemCount())):
            assert top is not None
            for child in (top.child(row) for row in range(top.childCount())):
                if child is not None and not child.isHidden():
                    found.setdefault(child.text(0), child.text(1))  # the place of masks has keys of its own
        return found


@pytest.fixture
def page(opened: Opened, qtbot: QtBot) -> Page:
    return Page(opened, qtbot)


def test_every_action_with_a_key_is_listed(opened: Opened, page: Page) -> None:
    rows = page.rows()
    for action in opened.window.findChildren(QAction):
        if not action.shortcut().isEmpty():
            title = action.text().replace("&", "").removesuffix("…")
            assert action.shortcut().toString() in rows[title], title
    assert rows["Rate"] == "0 to 5"
    assert rows["Gallery"] == "Alt+2"


def test_a_free_key_is_set_and_works_at_once(opened: Opened, page: Page, open_window: Opener) -> None:
    page.enter("export_film", "Ctrl+Shift+E")
    assert page.words == "Ctrl+Shift+E is free."
    page.press("setShortcut")
    assert page.rows()["Export film"] == "Ctrl+Shift+E"
    assert opened.action("Export film…").shortcut().toString() == "Ctrl+Shift+E"
    assert open_window().action("Export film…").shortcut().toString() == "Ctrl+Shift+E"


def test_a_key_of_another_command_is_told_before_it_is_taken(opened: Opened, page: Page) -> None:
    page.enter("full_screen", "Ctrl+E")
    assert page.words == "Ctrl+E is used by Export film. Reassign?"
    assert page.button("setShortcut").text() == "Reassign"
    assert opened.action("Export film…").shortcut().toString() == "Ctrl+E"
    page.press("setShortcut")
    assert opened.action("Export film…").shortcut().isEmpty()
    assert opened.action("Full screen").shortcut().toString() == "Ctrl+E"


@pytest.mark.parametrize(("key", "words"), [("G", "add Ctrl or Alt"), ("Ctrl+F", "search the gallery")])
def test_a_key_that_is_needed_elsewhere_cannot_be_set(page: Page, key: str, words: str) -> None:
    page.enter("export_film", key)
    assert words in page.words
    assert not page.button("setShortcut").isEnabled()


def test_a_key_is_cleared_and_reset(page: Page) -> None:
    page.page.choose(page.command("stop"))
    assert not page.button("resetShortcut").isEnabled()
    page.press("clearShortcut")
    assert page.rows()["Stop"] == ""
    assert not page.button("clearShortcut").isEnabled()
    page.press("resetShortcut")
    assert page.rows()["Stop"] == "Esc"
    page.press("clearShortcut")
    page.press("resetAllShortcuts")
    assert page.rows()["Stop"] == "Esc"


def test_the_list_is_searched_by_words_and_by_keys(page: Page) -> None:
    search = page.page.findChild(QLineEdit, "searchShortcutsEdit")
    assert search is not None
    search.setText("zoom")
    assert set(page.rows()) == {"Zoom in", "Zoom out", "Zoom in, zoom out"}
    search.setText("ctrl+e")
    assert "Export film" in page.rows()
    assert "Stop" not in page.rows()
