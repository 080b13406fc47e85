"""The key in a button's tooltip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QAction, QHelpEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app.shortcuts.actions import KeyTips


def test_a_tooltip_names_the_key_that_the_command_has_now(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button = QPushButton("Stop", window)
    button.setObjectName("stopButton")
    button.setToolTip("Ends the run")
    action = QAction("Stop", window)
    action.setShortcut("Esc")
    KeyTips(window, {"stopButton": action})
    window.show()

    def shown() -> str:
        event = QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), button.mapToGlobal(QPoint(2, 2)))
        QApplication.sendEvent(button, event)
        return QToolTip.text()

    assert shown() == "Ends the run (Esc)"
    action.setShortcut("Ctrl+.")
    assert shown() == "Ends the run (Ctrl+.)"
    action.setShortcut(QKeySequence())
    assert shown() == "Ends the run"
    QToolTip.hideText()
