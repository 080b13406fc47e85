"""The line between two pictures that lie over each other, and its grip."""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

HANDLE_PX = 14
_CHEVRON_PX = 4
_DARK, _WHITE = QColor(0, 0, 0, 120), QColor(255, 255, 255)


def paint_divider(painter: QPainter, x: float, height: float) -> None:
    """Paints the divider white with a dark edge, which is visible on every picture."""
    middle = height / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((_DARK, 4), (_WHITE, 2)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
    painter.setPen(QPen(_DARK, 1))
    painter.setBrush(_WHITE)
    painter.drawEllipse(QPointF(x, middle), HANDLE_PX, HANDLE_PX)
    painter.setPen(QPen(QColor(40, 40, 40), 1.6))
    for side in (-1, 1):
        tip = x + side * (HANDLE_PX - 5)
        back = tip - side * _CHEVRON_PX
        painter.drawPolyline(
            [QPointF(back, middle - _CHEVRON_PX), QPointF(tip, middle), QPointF(back, middle + _CHEVRON_PX)]
        )
