"""Tooltips that end with the present key of the command, which the user may have changed."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QHelpEvent, QKeySequence
from PySide6.QtWidgets import QToolTip, QWidget


class KeyTips(QObject):
    """Adds keys to the tooltips of buttons that do the work of a menu's command."""

    def __init__(self, window: QWidget, actions: Mapping[str, QAction]) -> None:
        """Takes the ``actions`` by the object names of their buttons, which are anywhere in ``window``."""
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
        """Returns the button's tooltip, with the first key of its command if it has one."""
        key = self._actions[button.objectName()].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return f"{button.toolTip()} ({key})" if key else button.toolTip()
