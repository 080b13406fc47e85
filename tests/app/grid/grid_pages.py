"""Works with the page *Grid* of a whole window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.grid.page import GridPage
from app.grid.table import PICTURE
from core.grid.folder import SHEET, read_grid
from core.grid.sheet import EMPTY, SheetLayout
from tests.app.windows import Opened, wait_until_idle


def page_of(opened: Opened) -> GridPage:
    contents = opened.window.contents
    contents.places.show_page(contents.grid)
    return contents.grid.widget


def button(opened: Opened, name: str) -> QPushButton:
    found = opened.child(f"grid{name}Button")
    assert isinstance(found, QPushButton)
    return found


def told(opened: Opened) -> str:
    label = opened.child("gridPlanText")
    assert isinstance(label, QLabel)
    return label.text()


def fill(opened: Opened, *axes: tuple[str, str]) -> GridPage:
    page = page_of(opened)
    for row, (kind, text) in zip(page.rows, axes, strict=False):
        row.kind.setCurrentIndex(row.kind.findData(kind))
        row.values.setText(text)
        row.values.textEdited.emit(text)
    return page


def begin(opened: Opened, qtbot: QtBot, *axes: tuple[str, str]) -> GridPage:
    opened.window.session.edit(prompt="a red house", seed=7)
    page = fill(opened, *axes)
    qtbot.waitUntil(button(opened, "Make").isEnabled)
    button(opened, "Make").click()
    qtbot.waitUntil(lambda: page.shown is not None)
    return page


def finish(opened: Opened, qtbot: QtBot) -> None:
    page = page_of(opened)
    qtbot.waitUntil(lambda: page.shown is not None and not page.shown.left)
    wait_until_idle(opened, qtbot)


def pictures_in(page: GridPage) -> list[bool]:
    table = page.table
    cells = [table.item(row, column) for column in range(table.columnCount()) for row in range(table.rowCount())]
    return [cell is not None and isinstance(cell.data(PICTURE), QImage) for cell in cells]


def on_sheet(place: Path) -> list[int]:
    """Returns the numbers of the pictures that the written sheet shows."""
    grid, folder = read_grid(place)
    with Image.open(folder / SHEET) as opened:
        sheet = opened.convert("RGB")
    corners = [SheetLayout.of(grid).corner(number) for number in range(grid.count)]
    return [number for number, (left, top) in enumerate(corners) if sheet.getpixel((left + 2, top + 2)) != EMPTY]


def ask_with(answer: Path) -> Callable[..., None]:
    """Stands in for the system's dialog."""

    def ask(_parent: object, _title: str, take: Callable[[Path], object], _filters: object) -> None:
        take(answer)

    return ask
