"""Updates are looked for when asked, and only then."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.app.preferences.windows import part, preferences
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]


def test_nothing_is_looked_for_before_it_is_asked(opened: Opened) -> None:
    dialog = preferences(opened)
    assert part(dialog, QLabel, "updateWords").text() == ""
    assert opened.settings_store.settings.update_address == ""


def test_a_newer_version_is_told_from_a_file(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "news.json"
    file.write_text(json.dumps({"version": "99", "page": "https://example.org"}))
    opened.settings_store.change(update_address=str(file))
    opened.action("Check for updates…").trigger()
    dialog = preferences(opened)
    words, page = part(dialog, QLabel, "updateWords"), part(dialog, QPushButton, "openUpdatePageButton")
    opened.action("Check for updates…").trigger()
    qtbot.waitUntil(lambda: words.text().startswith("Emulsion 99 is there"))
    assert not page.isHidden()


def test_another_address_is_kept_when_it_is_used(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = preferences(opened)
    part(dialog, QLineEdit, "updateAddressEdit").setText(f"  {tmp_path / 'none'} ")
    button = part(dialog, QPushButton, "checkForUpdatesButton")
    button.click()
    assert opened.settings_store.settings.update_address == str(tmp_path / "none")
    qtbot.waitUntil(button.isEnabled)
    assert "could not be read" in part(dialog, QLabel, "updateWords").text()
