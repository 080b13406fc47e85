"""A path gives way in its middle, and is whole in the tooltip and where it has the focus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.building import vbox
from app.widgets.path_edit import PathEdit

LONG = Path("/home/somebody/pictures/of/many/years/and/places/emulsion")


def test_a_path_is_elided_in_its_middle_and_can_be_copied_whole(qtbot: QtBot) -> None:
    window, other, edit = QWidget(), QLineEdit(), PathEdit(LONG, "Folder")
    vbox(other, edit, on=window)
    qtbot.addWidget(window)
    window.resize(220, 80)
    window.show()
    qtbot.waitExposed(window)
    other.setFocus()
    qtbot.waitUntil(lambda: "…" in edit.text())
    start, _, end = edit.text().partition("…")
    assert str(LONG).startswith(start)
    assert str(LONG).endswith(end)
    assert start
    assert end
    assert edit.toolTip() == str(LONG)
    edit.setFocus()
    qtbot.waitUntil(lambda: edit.text() == str(LONG))
    edit.selectAll()
    edit.copy()
    assert QApplication.clipboard().text() == str(LONG)
    other.setFocus()
    qtbot.waitUntil(lambda: "…" in edit.text())
    edit.show_path(Path("/short"))
    assert edit.text() == "/short"
