from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.window.header import Header


def test_one_place_needs_no_switch_and_two_have_one(qtbot: QtBot) -> None:
    left, right = QAction("Controls"), QAction("Recent")
    header = Header(left, right, QLabel("CPU"))
    qtbot.addWidget(header)
    switches = QActionGroup(header)
    for title in ("Create", "Gallery"):
        switches.addAction(title).setCheckable(True)
    switches.actions()[0].setChecked(True)
    header.add_page(switches.actions()[0])
    (create,) = header.findChildren(QPushButton)
    assert create.isHidden()
    header.add_page(switches.actions()[1])
    gallery = header.findChildren(QPushButton)[1]
    assert not create.isHidden()
    assert create.isChecked()
    for _ in range(2):  # a second click on the same place changes nothing
        gallery.click()
        assert switches.checkedAction().text() == "Gallery"
        assert gallery.isChecked()
        assert not create.isChecked()
