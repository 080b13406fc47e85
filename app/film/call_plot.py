"""A plot over the steps of a film, with a marker for the chosen one that can be dragged."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.widgets.building import stretched, text_label, vbox

LEFT_AXIS_PX, RIGHT_GAP_PX = 36, 8
"""Beside the drawing area."""

_MOST_POINTS = 60
_GHOST_ALPHA = 190
_GHOST_LINES = (
    (Qt.PenStyle.SolidLine, "──"),
    (Qt.PenStyle.DashLine, "╌╌"),
    (Qt.PenStyle.DotLine, "┈┈"),
    (Qt.PenStyle.DashDotLine, "╌┈"),
)
"""The line styles of grey curves, and their signs in the legend."""
_MOST_DECADES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot.

    Attributes:
        x, y: float (points,); places that are not finite are left out.
        colour: ``#rrggbb``, "" for the accent colour; a ghost is always grey and thin.
    """

    name: str
    x: NDArray[Any]
    y: NDArray[Any]
    colour: str = ""
    is_ghost: bool = False
    has_points: bool = True

    @property
    def has_dots(self) -> bool:
        """Returns whether each point is drawn as a dot."""
        return self.has_points and not self.is_ghost and len(self.y) <= _MOST_POINTS

    def heights(self, *, is_logarithmic: bool) -> NDArray[np.float64]:
        """Returns the places on the y axis, NaN for those that have none: sigma may be infinite, or zero."""
        with np.errstate(divide="ignore"):
            y = np.log10(self.y) if is_logarithmic else np.asarray(self.y, np.float64)
        return np.where(np.isfinite(y), y, np.nan)


@dataclass(frozen=True, slots=True)
class Note:
    """A place on the axis of steps that gets a dashed line and a text."""

    place: float
    text: str


class Chart(pg.GraphicsView):
    """A bare drawing area with two axes, without zoom and menu; reports presses as places on the x axis.

    Put together from pyqtgraph's parts: its ready-made PlotWidget brings a dozen hidden menus, zooms by wheel, and
    takes twice the time to make.

    Attributes:
        area, left, bottom: the parts.

    Signals:
        pressed_at(float)
    """

    pressed_at = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        layout: Any = pg.GraphicsLayout()
        layout.setContentsMargins(0, 4, RIGHT_GAP_PX, 0)
        layout.layout.setSpacing(0)
        self.setCentralItem(layout)
        self.area: Any = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._items: list[Any] = []
        self.left: Any = pg.AxisItem("left")
        self.bottom: Any = pg.AxisItem("bottom")
        layout.addItem(self.left, 0, 0)
        layout.addItem(self.area, 0, 1)
        layout.addItem(self.bottom, 1, 1)
        self.left.setWidth(LEFT_AXIS_PX)
        self.left.linkToView(self.area)
        self.bottom.linkToView(self.area)
        for axis in (self.left, self.bottom):
            axis.enableAutoSIPrefix(enable=False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setMinimumSize(120, 90)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def clear_items(self) -> None:
        """Removes all items; pyqtgraph's own method forgets those that do not count for the range."""
        for item in self._items:
            self.area.removeItem(item)
        self._items.clear()

    def add_item(self, item: Any, *, counts_for_range: bool = True) -> None:
        """Adds an item; ``counts_for_range`` makes the axes reach it."""
        self._items.append(item)
        self.area.addItem(item, ignoreBounds=not counts_for_range)

    def fit(self) -> None:
        """Fits the axes to the items now: pyqtgraph does it while it paints, and then paints all of it again."""
        scene: Any = self.scene()
        scene.prepareForPaint()

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        if ev.button() is Qt.MouseButton.LeftButton:
            self._tell(ev)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        if ev.buttons() & Qt.MouseButton.LeftButton:
            self._tell(ev)

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        ev.accept()

    def _tell(self, ev: QMouseEvent) -> None:
        place = self.area.mapSceneToView(self.mapToScene(ev.position().toPoint()))
        self.pressed_at.emit(float(place.x()))
        ev.accept()


class CallPlot(QWidget):
    """Plots curves over the steps; a press or a drag anywhere in it goes to the nearest call.

    Attributes:
        padding: the share of the x axis that is free at both ends.
        curves, note: those that are plotted. marker: the line at the chosen call.

    Signals:
        call_selected(int)
    """

    call_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.padding = 0.03
        self._places = np.zeros(0)
        self.curves: tuple[Curve, ...] = ()
        self.note: Note | None = None
        self._is_logarithmic = False
        self._y_label = ""
        self._look: tuple[object, ...] = ()
        self._lines: list[Any] = []
        self.chart = Chart(self)
        self.chart.pressed_at.connect(self._go_to)
        self.marker: Any = pg.InfiniteLine(angle=90)
        self._legend = text_label(parent=self, wraps=True, role="hint")
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        vbox(self._legend, stretched(self.chart), on=self, spacing=0)

    def show_curves(
        self,
        places: NDArray[np.float64],
        curves: Sequence[Curve],
        y_label: str,
        *,
        is_logarithmic: bool = False,
        note: Note | None = None,
        x_label: str = "step",
    ) -> None:
        """Plots other curves.

        Args:
            places: of all calls on the axis of steps, see `app.film.position.positions`.
            y_label: with its unit.
        """
        self._places = places
        self.curves = tuple(curves)
        self.note = note
        self._is_logarithmic = is_logarithmic
        self._y_label = y_label
        self.chart.left.setTicks([_logarithmic_ticks(curves)] if is_logarithmic else None)
        ends = float(places[0]), float(places[-1])
        drawn = self._drawn
        looks = ((curve.name, curve.colour, curve.is_ghost, curve.has_dots, curve in drawn) for curve in curves)
        look = (*looks, *ends, note, y_label, x_label, is_logarithmic)
        if look == self._look:  # a film has grown: new lines for each step would take twice the time
            for line, curve in zip(self._lines, drawn, strict=True):
                line.setData(curve.x, curve.heights(is_logarithmic=is_logarithmic))
        else:
            self._look = look
            self.chart.bottom.setLabel(x_label)  # the left axis' name stands above the chart
            self.chart.area.setXRange(*ends, padding=self.padding)
            self._draw()
        self.chart.fit()

    def show_call(self, call: int) -> None:
        """Moves the marker."""
        self.marker.setValue(float(self._places[call]))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self.curves:
            self._draw()

    @property
    def _drawn(self) -> list[Curve]:
        """Returns the curves that have a point to be drawn."""
        heights = (curve.heights(is_logarithmic=self._is_logarithmic) for curve in self.curves)
        return [curve for curve, y in zip(self.curves, heights, strict=True) if np.isfinite(y).any()]

    @Slot(float)
    def _go_to(self, place: float) -> None:
        if len(self._places):
            self.call_selected.emit(int(np.argmin(np.abs(self._places - place))))

    def _draw(self) -> None:
        colours = QApplication.palette()  # a style sheet's colour changes those of the widget's own palette
        text = colours.color(QPalette.ColorRole.WindowText)
        muted = colours.color(QPalette.ColorRole.PlaceholderText)
        self.chart.setBackground(colours.color(QPalette.ColorRole.Base))
        for axis in (self.chart.left, self.chart.bottom):
            axis.setPen(colours.color(QPalette.ColorRole.Mid))
            axis.setTextPen(muted)
        self.chart.clear_items()
        self._lines = [self._line(curve) for curve in self._drawn]
        for line in self._lines:
            self.chart.add_item(line)
        if self.note is not None:
            self.chart.add_item(
                pg.InfiniteLine(
                    self.note.place,
                    pen=pg.mkPen(muted, style=Qt.PenStyle.DashLine),
                    label=self.note.text,
                    labelOpts={"position": 0.9, "color": text, "anchors": [(0, 0.5), (1, 0.5)]},
                ),
                counts_for_range=False,
            )
        self.marker.setPen(pg.mkPen(text, width=1))
        self.chart.add_item(self.marker, counts_for_range=False)
        self._write_legend(text, muted)

    def _line(self, curve: Curve) -> Any:
        colour = self._colour(curve)
        dots: dict[str, Any] = {}
        if curve.has_dots:
            dots = {"symbol": "o", "symbolSize": 4, "symbolBrush": colour, "symbolPen": None}
        pen = pg.mkPen(colour, width=1 if curve.is_ghost else 2, style=self._ghost_line(curve)[0])
        y = curve.heights(is_logarithmic=self._is_logarithmic)
        return pg.PlotDataItem(curve.x, y, pen=pen, connect="finite", antialias=True, **dots)

    def _colour(self, curve: Curve) -> QColor:
        if curve.is_ghost:
            grey = QApplication.palette().color(QPalette.ColorRole.PlaceholderText)
            grey.setAlpha(_GHOST_ALPHA)
            return grey
        return QColor(curve.colour) if curve.colour else QApplication.palette().color(QPalette.ColorRole.Highlight)

    def _ghost_line(self, curve: Curve) -> tuple[Qt.PenStyle, str]:
        if not curve.is_ghost:
            return _GHOST_LINES[0]
        other_schedules = [other for other in self.curves if other.is_ghost]
        return _GHOST_LINES[other_schedules.index(curve) % len(_GHOST_LINES)]

    def _write_legend(self, text: QColor, muted: QColor) -> None:
        """Names the left axis, then each curve after a coloured dot or its kind of grey line."""
        ghost = f"<span style='color:{muted.name()}'>"
        chips = [
            f"{ghost}{self._ghost_line(curve)[1]}&nbsp;{escape(curve.name)}</span>"
            if curve.is_ghost
            else f"<span style='color:{self._colour(curve).name()}'>●</span>&nbsp;{escape(curve.name)}"
            for curve in sorted(self.curves, key=lambda curve: curve.is_ghost)
        ]
        joined = " &nbsp; ".join([f"<b>{escape(self._y_label)}</b>", *(chips if len(chips) > 1 else [])])
        self._legend.setText(f"<span style='color:{text.name()}'>{joined}</span>")


def _logarithmic_ticks(curves: Sequence[Curve]) -> list[tuple[float, str]]:
    """Returns labels near the curves: at 1, 3, 10, 30, ... or, over a wide range, at few powers of ten."""
    values = np.concatenate([curve.y[np.isfinite(curve.y) & (curve.y > 0)] for curve in curves])
    low, high = np.floor(np.log10([values.min(), values.max()])) if len(values) else (0, 0)
    step = max(1, round((high - low) / _MOST_DECADES))
    decades = [10.0**exponent for exponent in range(int(low), int(high) + 1, step)]
    between = (1, 3) if high - low < _MOST_DECADES - 1 else (1,)
    ticks = [decade * factor for decade in decades for factor in between]
    return [(float(np.log10(tick)), f"{tick:g}") for tick in ticks]
