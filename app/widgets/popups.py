"""Places a popup beside the button that opens it."""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

_GAP_PX = 2


def show_below(popup: QWidget, button: QWidget) -> None:
    """Shows the popup below the button, or above it where there is no room, and all of it on the screen."""
    below = button.mapToGlobal(QPoint(0, button.height() + _GAP_PX))
    room = button.screen().availableGeometry()
    x, y = min(below.x(), room.right() - popup.width()), below.y()
    if y + popup.height() > room.bottom():
        y -= button.height() + popup.height() + 2 * _GAP_PX
    popup.move(max(room.left(), x), max(room.top(), y))
    popup.show()
