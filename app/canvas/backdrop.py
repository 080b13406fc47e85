"""The surface behind the picture: plain neutral grey, or a checker board that shows its edges."""

from enum import Enum

from PySide6.QtCore import QRect
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap

from app.widgets.colours import Colours

TILE_PX = 12


class Backdrop(Enum):
    """The kinds of backdrops."""

    neutral = "neutral"
    checker = "checker"


def brush(backdrop: Backdrop, colours: Colours) -> QBrush:
    """Returns the brush of a backdrop, to be made once for each theme."""
    if backdrop is Backdrop.neutral:
        return QBrush(QColor(colours.canvas))
    tile = QPixmap(2 * TILE_PX, 2 * TILE_PX)
    tile.fill(QColor(colours.canvas))
    painter = QPainter(tile)
    painter.fillRect(QRect(0, 0, TILE_PX, TILE_PX), QColor(colours.checker))
    painter.fillRect(QRect(TILE_PX, TILE_PX, TILE_PX, TILE_PX), QColor(colours.checker))
    painter.end()
    return QBrush(tile)
