"""A narrow strip below a field, by which its height is dragged."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from core.language.words import tr

HEIGHT_PX = 8
GRIP_PX = 24


class DragHandle(QWidget):
    """Stands below ``field``. The keyboard does not need it: the field follows its text.

    Signals:
        dragged: the height in pixels that the field should have.
        released: a double click; the field finds its own height again.
    """

    dragged = Signal(int)
    released = Signal()

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        self._field = field
        self._start: tuple[float, int] | None = None
        self.setFixedHeight(HEIGHT_PX)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setToolTip(tr("Drag to change the height of the field; double click: as high as its text"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._start = event.globalPosition().y(), self._field.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            pressed, height = self._start
            self.dragged.emit(height + round(event.globalPosition().y() - pressed))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._start = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._start = None
        self.released.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().mid().color())
        left = (self.width() - GRIP_PX) // 2
        for y in (2, 5):
            painter.drawLine(left, y, left + GRIP_PX, y)
