"""The program's line icons, tinted to fit the theme and sharp at every scale factor."""

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

from core.paths import resources

ICON_NAME = "iconName"
"""The dynamic property with the icon's name of a button or an action, see `set_icon`."""

DRAWN_COLOUR = "#808080"
"""The lines' colour in the files, which the theme's replaces."""

_SIZES_PX = (16, 32)
"""Scales 1 and 2; fractions between them are scaled down from 2."""


def app_icon() -> QIcon:
    """Returns the program's own icon, in its own colours."""
    return QIcon(str(resources() / "icons" / "emulsion.svg"))


def pixmap(name: str, colour: str | QColor, size_px: int, scale: float = 1.0) -> QPixmap:
    """Returns one icon as a pixmap of ``size_px`` device-independent pixels."""
    drawn = (resources() / "icons" / f"{name}.svg").read_text("utf-8")
    svg = drawn.replace(DRAWN_COLOUR, QColor(colour).name())
    result = QPixmap(QSize(size_px, size_px) * scale)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(result.rect()))
    painter.end()
    result.setDevicePixelRatio(scale)
    return result


def set_icon(item: QAbstractButton | QAction, name: str) -> None:
    """Gives a button or an action an icon in the colours of the theme, which it also takes when the theme changes.

    On a primary button (the property ``kind``, set before) the lines have the colour of text on the accent.
    """
    item.setProperty(ICON_NAME, name)
    role = QPalette.ColorRole
    is_primary = item.property("kind") == "primary" or item.objectName() == "generateButton"
    palette = QGuiApplication.palette()
    normal = palette.color(QPalette.ColorGroup.Active, role.HighlightedText if is_primary else role.ButtonText)
    disabled = palette.color(QPalette.ColorGroup.Disabled, role.ButtonText)
    icon = QIcon()
    for size_px in _SIZES_PX:
        icon.addPixmap(_cached(name, normal, size_px), QIcon.Mode.Normal)
        icon.addPixmap(_cached(name, disabled, size_px), QIcon.Mode.Disabled)
    item.setIcon(icon)


def redraw_icons() -> None:
    """Draws the icons of all buttons and actions again, in the colours of another theme."""
    widgets = QApplication.allWidgets()
    actions = {action for widget in widgets for action in widget.actions()}
    actions |= {action for window in QApplication.topLevelWidgets() for action in window.findChildren(QAction)}
    for item in (*widgets, *actions):
        if isinstance(item, QAbstractButton | QAction) and (name := item.property(ICON_NAME)):
            set_icon(item, name)


def _cached(name: str, colour: QColor, size_px: int) -> QPixmap:
    """Returns an icon, drawn once: drawing takes milliseconds, and many buttons share icons."""
    key = f"icon {name} {colour.name()} {size_px}"
    drawn = QPixmap()
    if not QPixmapCache.find(key, drawn):
        drawn = pixmap(name, colour, size_px)
        QPixmapCache.insert(key, drawn)
    return drawn
