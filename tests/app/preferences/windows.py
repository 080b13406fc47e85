"""Preferences opened over a whole window."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject

from app.preferences.controller import PreferencesDialog
from tests.app.windows import Opened

Part = TypeVar("Part", bound=QObject)


def preferences(opened: Opened) -> PreferencesDialog:
    opened.action("Preferences…").trigger()
    dialog = opened.window.findChild(PreferencesDialog)
    assert dialog is not None
    return dialog


def part(dialog: PreferencesDialog, kind: type[Part], name: str) -> Part:
    found = dialog.findChild(kind, name)
    assert found is not None, name
    return found
