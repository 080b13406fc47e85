from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.window.header import Header


def test_one_place_needs_no_switch_and_two_have_one(qtbot: QtBot) -> None:
    left, right = QAction("Controls"), QAction("Recent")
    header = Header(left, right, QLabel("CPU"))
    qtbot.addWidget(header)
    header.add_page("Create")
    (create,) = header.findChildren(QPushButton)
    assert create.isHidden()
    header.add_page("Gallery")
    gallery = header.findChildren(QPushButton)[1]
    assert not create.isHidden()
    assert create.isChecked()
    with qtbot.waitSignal(header.page_chosen) as chosen:
        gallery.click()
    assert chosen.args == [1]
    assert not create.isChecked()
