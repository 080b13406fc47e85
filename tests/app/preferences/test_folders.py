"""The folders for pictures and of models."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from app.preferences.folders import FoldersPage
from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def test_another_folder_for_pictures_holds_at_once_and_can_be_reset(
    saving: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = preferences(saving)
    elsewhere = tmp_path / "elsewhere"
    part(dialog, FoldersPage, "foldersPage").take_pictures(elsewhere)
    with qtbot.waitSignal(saving.window.session.picture_saved) as saved:
        saving.window.session.generate()
    wait_until_idle(saving, qtbot)
    assert saved.args is not None
    assert saved.args[0].path.is_relative_to(elsewhere)
    part(dialog, QPushButton, "resetFolderButton").click()
    assert part(dialog, QLineEdit, "picturesFolderEdit").toolTip() == str(saving.settings_store.folders.pictures)
    assert saving.settings_store.settings.pictures == saving.settings_store.folders.pictures


def test_folders_for_models_are_added_shown_as_away_and_removed(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = preferences(opened)
    page, listed = part(dialog, FoldersPage, "foldersPage"), part(dialog, QListWidget, "modelFoldersList")
    remove = part(dialog, QPushButton, "removeModelFolderButton")
    drive = tmp_path / "drive"
    with qtbot.waitSignal(opened.window.contents.preferences.models_changed):
        page.add_models(drive)
    page.add_models(drive)
    own = opened.settings_store.folders.models
    assert opened.settings_store.settings.model_folders == (own, drive)
    assert listed.item(1).text().endswith("(not there now)")
    listed.setCurrentRow(1)
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert opened.settings_store.settings.model_folders == (own,)
    listed.setCurrentRow(0)
    assert not remove.isEnabled()
    page.add_models(drive)
    part(dialog, QPushButton, "resetModelFoldersButton").click()
    assert opened.settings_store.settings.model_folders == (own,)
