"""The list of parts is there, complete and current; About shows it."""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

from PySide6.QtWidgets import QPlainTextEdit, QTreeWidget
from pytestqt.qtbot import QtBot

from app.dialogs.about import AboutDialog
from app.dialogs.licences import read_parts
from core.version import VERSION

ROOT = Path(__file__).resolve().parents[3]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences_generator", ROOT / "packaging" / "licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_list_has_every_library_that_is_used_here_under_its_licence() -> None:
    """Made again by ``python packaging/licences.py`` when it is not."""
    listed = {part.name.lower(): part.licence for part in read_parts()}
    here = {part["name"].lower(): part["licence"] for part in generator().all_parts()}
    assert {name: licence for name, licence in here.items() if listed.get(name) != licence} == {}


def test_every_part_says_its_licence_and_emulsion_comes_first() -> None:
    parts = read_parts()
    assert (parts[0].name, parts[0].version, parts[0].licence) == ("emulsion", VERSION, "Apache-2.0")
    assert {"torch", "diffusers", "Qt", "FFmpeg", "Python"} <= {part.name for part in parts}
    assert all(part.licence and len(part.licence) < 200 for part in parts)


def test_the_version_that_runs_is_shown() -> None:
    versions = {part.name: part.version for part in read_parts()}
    assert versions["numpy"] == metadata.version("numpy")
    assert all("/" not in version for version in versions.values())


def test_about_shows_the_text_of_each_licence(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    parts, text = dialog.findChild(QTreeWidget, "partsList"), dialog.findChild(QPlainTextEdit, "licenceText")
    assert parts is not None
    assert text is not None
    assert "Apache License" in text.toPlainText()
    parts.setCurrentIndex(parts.model().index(parts.topLevelItemCount() - 1, 0))
    assert "MIT" in text.toPlainText() or "Permission is hereby granted" in text.toPlainText()
