"""A small button whose line icon has the colour of the text, whenever it is made and whatever the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QToolButton, QWidget

from app.widgets.icons import pixmap

_ICON_PX = 16
_REDRAWING = (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.DevicePixelRatioChange)


class IconButton(QToolButton):
    """Takes its icon by name from ``resources/icons``; ``set_icon`` changes it."""

    def __init__(self, icon_name: str, tooltip: str, object_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setToolTip(tooltip)
        self.setAccessibleName(tooltip.partition(":")[0])
        self.setProperty("kind", "quiet")
        self._icon_name = icon_name
        self._draw()

    def set_icon(self, icon_name: str) -> None:
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _REDRAWING:
            self._draw()

    def _draw(self) -> None:
        icon = QIcon()
        groups = (
            (QIcon.Mode.Normal, QPalette.ColorGroup.Active),
            (QIcon.Mode.Disabled, QPalette.ColorGroup.Disabled),
        )
        for mode, group in groups:
            colour = self.palette().color(group, QPalette.ColorRole.ButtonText)
            icon.addPixmap(pixmap(self._icon_name, colour, _ICON_PX, self.devicePixelRatioF()), mode)
        self.setIcon(icon)
