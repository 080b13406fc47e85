from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import icons
from app.widgets.pixels import to_pixels
from app.widgets.theme import DARK, LIGHT
from core.paths import resources

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((resources() / "icons").glob("*.svg"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_icon_can_be_drawn(file: Path, qtbot: QtBot) -> None:
    drawn = icons.pixmap(file.stem, LIGHT.text, 24).toImage()
    assert drawn.hasAlphaChannel()
    assert any(drawn.pixelColor(x, y).alpha() for x in range(24) for y in range(24))


def test_every_icon_that_the_code_names_exists() -> None:
    named: set[str] = set()
    for file in (ROOT / "app").rglob("*.py"):
        text = file.read_text("utf-8")
        named |= set(re.findall(r'ICON_NAME, "([a-z-]+)"', text)) | set(re.findall(r"icons:([a-z-]+)\.svg", text))
    assert named
    assert named <= {file.stem for file in FILES}


def test_icons_take_the_colour_of_the_theme(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    button = QPushButton(root)
    button.setProperty(icons.ICON_NAME, "plus")
    action = QAction(root)
    action.setProperty(icons.ICON_NAME, "minus")
    brightness: list[float] = []
    for colours in (LIGHT, DARK):
        icons.tint(root, colours)
        image = button.icon().pixmap(QSize(32, 32)).toImage()
        brightness.append(float(to_pixels(image).max()) if colours is DARK else float(np.max(to_pixels(image))))
    assert brightness[1] > brightness[0]
    assert not action.icon().isNull()


def test_the_program_has_an_icon_of_its_own(qtbot: QtBot) -> None:
    assert not icons.app_icon().pixmap(QSize(64, 64)).isNull()
