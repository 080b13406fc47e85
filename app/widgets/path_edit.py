"""A folder or file that is shown, not typed: its middle gives way where it does not fit."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame


class PathEdit(QLineEdit):
    """Shows all of the path in its tooltip, and, to be scrolled and copied, while it has the focus."""

    def __init__(self, path: Path, accessible_name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName(accessible_name)
        self.show_path(path)

    def show_path(self, path: Path) -> None:
        self._path = str(path)
        self.setToolTip(self._path)
        self.setAccessibleDescription(self._path)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._fit()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:  # its own menu, which copies
            self._fit()

    def _fit(self) -> None:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self).width()
        elided = self.fontMetrics().elidedText(self._path, Qt.TextElideMode.ElideMiddle, room - 6)  # Qt's margins
        text = self._path if self.hasFocus() else elided
        if text != self.text():
            self.setText(text)
