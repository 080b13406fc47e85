from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QIcon
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.widgets import icons
from app.widgets.theme import DARK, LIGHT, palette
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
        named |= set(re.findall(r'set_icon\([\w.]+, "([a-z-]+)"', text))
        named |= set(re.findall(r'IconButton\(\s*"([a-z-]+)"', text)) | set(
            re.findall(r"icons:([a-z-]+)\.svg", text)
        )
    assert named
    assert named <= {file.stem for file in FILES}


def test_icons_take_the_colour_of_the_theme_and_of_the_next_one(qtbot: QtBot, qapp: QApplication) -> None:
    before = qapp.palette()
    root = QWidget()
    qtbot.addWidget(root)
    button, primary, action = QPushButton(root), QPushButton(root), QAction(root)
    primary.setProperty("kind", "primary")
    for item in (button, primary, action):
        icons.set_icon(item, "plus")
    for colours in (LIGHT, DARK):
        qapp.setPalette(palette(colours))
        icons.redraw_icons()
        for item, colour in ((button, colours.text), (primary, colours.on_accent), (action, colours.text)):
            assert strongest_colour(item.icon()) == colour
        assert strongest_colour(button.icon(), QIcon.Mode.Disabled) == colours.disabled
    qapp.setPalette(before)


def strongest_colour(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> str:
    image = icon.pixmap(QSize(32, 32), mode).toImage()
    colours = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(colours, key=QColor.alpha).name()


def test_the_program_has_an_icon_of_its_own(qtbot: QtBot) -> None:
    assert not icons.app_icon().pixmap(QSize(64, 64)).isNull()
