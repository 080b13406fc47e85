"""The program's line icons, tinted to fit the theme and sharp at every scale factor."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.widgets.colours import Colours
from core.paths import resources

ICON_NAME = "iconName"
"""The dynamic property by which a button or an action asks for an icon."""

DRAWN_COLOUR = "#808080"
"""The colour of the lines in the files, replaced by the theme's."""

_DRAWN = "drawnIcon"
"""The dynamic property that remembers which drawing a button or an action has."""

_SIZES_PX = (16, 32)
"""At scale 1 and 2; what is between is scaled from the larger one."""


def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    return QIcon(str(resources() / "icons" / "emulsion.svg"))


def pixmap(name: str, colour: str | QColor, size_px: int, scale: float = 1.0) -> QPixmap:
    """One icon as a pixmap of ``size_px`` device-independent pixels."""
    drawn = (resources() / "icons" / f"{name}.svg").read_text("utf-8")
    svg = drawn.replace(DRAWN_COLOUR, QColor(colour).name())
    result = QPixmap(QSize(size_px, size_px) * scale)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(result.rect()))
    painter.end()
    result.setDevicePixelRatio(scale)
    return result


def icon(name: str, colours: Colours, colour: str | None = None) -> QIcon:
    """An icon in the theme's text colour (or ``colour``), paler when disabled."""
    result = QIcon()
    for size_px in _SIZES_PX:
        result.addPixmap(pixmap(name, colour or colours.text, size_px), QIcon.Mode.Normal)
        result.addPixmap(pixmap(name, colours.disabled, size_px), QIcon.Mode.Disabled)
    return result


def tint(root: QWidget, colours: Colours) -> None:
    """Gives every button and action below ``root`` that names an icon its icon in these colours.

    Drawing takes milliseconds, so what has its icon already is left alone.
    """
    drawn: dict[str, QIcon] = {}
    for item in (*root.findChildren(QAbstractButton), *root.findChildren(QAction)):
        name = item.property(ICON_NAME)
        if isinstance(name, str) and name:
            is_primary = item.property("kind") == "primary" or item.objectName() == "generateButton"
            colour = colours.on_accent if is_primary else colours.text
            drawing = f"{name} {colour} {colours.disabled}"
            if item.property(_DRAWN) == drawing:
                continue
            if drawing not in drawn:
                drawn[drawing] = icon(name, colours, colour)
            item.setIcon(drawn[drawing])
            item.setProperty(_DRAWN, drawing)
