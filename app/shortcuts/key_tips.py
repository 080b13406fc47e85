"""Tooltips that end with the key of the command now: the user may have given it another."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QHelpEvent, QKeySequence
from PySide6.QtWidgets import QToolTip, QWidget


class KeyTips(QObject):
    """Shows the tooltips of buttons that do the same as a command of the menus."""

    def __init__(self, window: QWidget, actions: Mapping[str, QAction]) -> None:
        """``actions``: by the object name of the button, somewhere in ``window``."""
        super().__init__(window)
        self._actions = actions
        for name in actions:
            button = window.findChild(QWidget, name)
            if button is not None:
                button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip and isinstance(watched, QWidget):
            QToolTip.showText(event.globalPos(), self.words(watched), watched)
            return True
        return super().eventFilter(watched, event)

    def words(self, button: QWidget) -> str:
        """The button's tooltip, with the first key of its command if it has one."""
        key = self._actions[button.objectName()].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return f"{button.toolTip()} ({key})" if key else button.toolTip()
