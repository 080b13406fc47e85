"""A bare drawing area of pyqtgraph with two axes; `app.film.call_plot` fills it.

Put together from pyqtgraph's parts: its ready-made PlotWidget brings a dozen hidden menus, zooms by wheel, and
takes twice the time to make.
"""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QWidget

_LEFT_AXIS_PX = 36


class Chart(pg.GraphicsView):
    """Has neither zoom nor menu; reports presses as places on the x axis.

    Signals:
        pressed_at(float)
    """

    pressed_at = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        layout: Any = pg.GraphicsLayout()
        layout.setContentsMargins(0, 4, 8, 0)
        layout.layout.setSpacing(0)
        self.setCentralItem(layout)
        self._area: Any = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._items: list[Any] = []
        self._left: Any = pg.AxisItem("left")
        self._bottom: Any = pg.AxisItem("bottom")
        layout.addItem(self._left, 0, 0)
        layout.addItem(self._area, 0, 1)
        layout.addItem(self._bottom, 1, 1)
        self._left.setWidth(_LEFT_AXIS_PX)
        self._left.linkToView(self._area)
        self._bottom.linkToView(self._area)
        for axis in (self._left, self._bottom):
            axis.enableAutoSIPrefix(enable=False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setMinimumSize(120, 90)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def clear_items(self) -> None:
        """Removes all items; pyqtgraph's own method forgets those that do not count for the range."""
        for item in self._items:
            self._area.removeItem(item)
        self._items.clear()

    def add_item(self, item: Any, *, counts_for_range: bool = True) -> None:
        """Adds an item; ``counts_for_range`` makes the axes reach it."""
        self._items.append(item)
        self._area.addItem(item, ignoreBounds=not counts_for_range)

    def set_axes(self, x_label: str, y_ticks: list[tuple[float, str]] | None) -> None:
        """Labels the axes; ``y_ticks`` replaces the automatic ones. The left axis' name stands above the chart."""
        self._bottom.setLabel(x_label)
        self._left.setTicks(None if y_ticks is None else [y_ticks])

    def set_colours(self, background: QColor, lines: QColor, text: QColor) -> None:
        self.setBackground(background)
        for axis in (self._left, self._bottom):
            axis.setPen(lines)
            axis.setTextPen(text)

    def set_x_range(self, first: float, last: float) -> None:
        self._area.setXRange(first, last, padding=0.03)

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        if ev.button() is Qt.MouseButton.LeftButton:
            self._tell(ev)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        if ev.buttons() & Qt.MouseButton.LeftButton:
            self._tell(ev)

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        ev.accept()

    def _tell(self, ev: QMouseEvent) -> None:
        place = self._area.mapSceneToView(self.mapToScene(ev.position().toPoint()))
        self.pressed_at.emit(float(place.x()))
        ev.accept()
