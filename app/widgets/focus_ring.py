"""The frame around what has the keyboard's focus, for widgets that paint themselves."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QPainter
from PySide6.QtWidgets import QWidget


class FocusRingWidget(QWidget):
    """Takes the focus by the Tab key and by clicks; call `paint_focus_ring` last in ``paintEvent``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._has_keyboard_focus = False

    def paint_focus_ring(self, painter: QPainter) -> None:
        """Paints the ring for the keyboard alone, since a click needs no ring."""
        if self._has_keyboard_focus:
            painter.setPen(self.palette().accent().color())
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._has_keyboard_focus = event.reason() in keys
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._has_keyboard_focus = False
        super().focusOutEvent(event)
