"""The picture with its mask over it, and the tool that paints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.canvas.backdrop import Backdrop, brush
from app.canvas.lens import Lens
from app.canvas.mask_overlay import TINTS, Overlay, Strokes
from app.canvas.zoom_view import ZoomView
from app.masks.area import Area
from app.masks.brush import LARGEST_PX, Brush
from app.masks.painting import MaskPainting
from app.masks.shapes import Point
from app.masks.tools import BrushGesture, LassoGesture, RectangleGesture, Tool
from app.widgets.colours import Colours
from app.widgets.painted_picture import PaintedPicture
from core.language.words import tr

_RIM_PX = 3
_CROSS_PX = 8


class ToolKind(Enum):
    """The tools that can be chosen."""

    brush = "brush"
    rectangle = "rectangle"
    lasso = "lasso"


class MaskView(ZoomView):
    """Shows a picture and its mask through a lens; `app.masks.pointer` moves the tool.

    Attributes:
        painting: the mask; of a single pixel before a picture is opened.
        tool, settings, is_erasing: what the next press does; ``settings`` are those of the brush.
        pointer: the place of the mouse, of the pen, or of the keyboard's pointer; None before there was any.
        is_grabbed: a drag would move the picture.

    Signals:
        painted: a gesture has ended.
        settings_changed: ``settings`` are others.
    """

    painted = Signal()
    settings_changed = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        self.painting = MaskPainting(np.zeros((1, 1), np.uint8))
        self.tool = ToolKind.brush
        self.settings = Brush()
        self.is_erasing = False
        self.pointer: QPointF | None = None
        self.is_grabbed = False
        self._pressure = 1.0
        self._gesture: Tool | None = None
        self._picture = PaintedPicture(QImage())
        self._overlay = Overlay(QColor(TINTS[0]))
        super().__init__(Lens(), colours, parent)
        self.setObjectName("maskView")
        self.setAccessibleName(tr("Picture with its mask"))
        self.setMinimumSize(240, 200)

    @property
    def picture_size(self) -> QSize:
        return QSize(self.painting.area.right, self.painting.area.bottom)

    @property
    def is_painting(self) -> bool:
        """Returns whether a gesture is in progress."""
        return self._gesture is not None

    def open(self, picture: QImage, painting: MaskPainting) -> None:
        """Shows another picture; one of the same size keeps the zoom."""
        self.drop_gesture()
        is_other_size = self.painting.area != painting.area
        self.painting = painting
        self._picture = PaintedPicture(picture)
        self.fit() if is_other_size else self.refresh()

    def choose_tool(self, tool: ToolKind) -> None:
        self.drop_gesture()
        self.tool = tool
        self.refresh()

    def set_erasing(self, is_erasing: bool) -> None:
        self.is_erasing = is_erasing
        self.refresh()

    def set_brush(self, settings: Brush) -> None:
        """Takes other settings of the brush, its size within the limits."""
        size = min(max(settings.diameter_px, 1.0), float(LARGEST_PX))
        settings = replace(settings, diameter_px=size)
        if settings != self.settings:
            self._update_pointer()
            self.settings = settings
            self._update_pointer()
            self.settings_changed.emit()

    def show_strokes(self) -> None:
        """Shows levels as what covers a map, see `core.control.edits`, from now on."""
        self._overlay = Strokes()
        self.setAccessibleName(tr("Map of a control"))

    def set_tint(self, tint: QColor) -> None:
        self._overlay = Overlay(tint)
        self.update()

    def set_colours(self, colours: Colours) -> None:
        self.brush = brush(Backdrop.neutral, colours)
        self.update()

    def point_of(self, place: QPointF) -> Point:
        """Returns the place in the picture that is shown at a place of the view."""
        frame = self.placement
        return (place.x() - frame.left) / frame.scale, (place.y() - frame.top) / frame.scale

    def press(self, place: QPointF, pressure: float = 1.0, *, is_erasing: bool | None = None) -> None:
        """Begins a gesture; ``is_erasing`` overrules the choice, as the other end of a pen does."""
        painting, point = self.painting, self.point_of(place)
        self.drop_gesture()
        erases = self.is_erasing if is_erasing is None else is_erasing
        match self.tool:
            case ToolKind.brush:
                self._gesture = BrushGesture(painting, self.settings, point, pressure, is_erasing=erases)
            case ToolKind.rectangle:
                self._gesture = RectangleGesture(painting, point, is_erasing=erases)
            case ToolKind.lasso:
                self._gesture = LassoGesture(painting, point, is_erasing=erases)
        self.move_to(place, pressure)

    def move_to(self, place: QPointF, pressure: float = 1.0) -> None:
        """Moves the pointer, and goes on with the gesture in progress."""
        self._update_pointer()
        self.pointer, self._pressure = place, pressure
        self._update_pointer()
        if self._gesture is not None:
            if self._gesture.outline:
                self.update()
            self._update_area(self._gesture.move(self.point_of(place), pressure))

    def release(self) -> None:
        """Ends the gesture in progress."""
        gesture, self._gesture = self._gesture, None
        self._pressure = 1.0
        if gesture is not None:
            if gesture.outline:
                self.update()
            self._update_area(gesture.finish())
            self.painted.emit()

    def drop_gesture(self) -> bool:
        """Takes back what the gesture in progress has painted; returns whether there was one."""
        had_one, self._gesture = self._gesture is not None, None
        self.painting.cancel()
        if had_one:
            self.update()
        return had_one

    def show_cursor(self, _place: QPointF) -> None:
        if self._drag_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.is_grabbed:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            is_brush = self.tool is ToolKind.brush
            self.setCursor(Qt.CursorShape.BlankCursor if is_brush else Qt.CursorShape.CrossCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the editor has other keys than pictures that are only looked at

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.brush)
        self._picture.paint(painter, self.frame, self.is_sharp)
        self._overlay.paint(painter, self.painting.levels, self.placement, event.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._gesture is not None and (outline := self._gesture.outline):
            frame = self.placement
            points = [QPointF(frame.left + x * frame.scale, frame.top + y * frame.scale) for x, y in outline]
            _draw_twice(painter, lambda: painter.drawPolygon(QPolygonF(points)))
        if self.pointer is not None and (self.underMouse() or self.hasFocus()):
            self._paint_pointer(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        self.paint_focus_ring(painter)

    def _paint_pointer(self, painter: QPainter) -> None:
        circle = self._circle()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.tool is ToolKind.brush:
            _draw_twice(painter, lambda: painter.drawEllipse(circle))
        if self.tool is not ToolKind.brush or self.is_erasing:
            middle, half = circle.center(), min(circle.width() / 2, _CROSS_PX)
            across, down = QPointF(half, 0), QPointF(0, half)
            _draw_twice(painter, lambda: painter.drawLine(middle - across, middle + across))
            if not self.is_erasing:
                _draw_twice(painter, lambda: painter.drawLine(middle - down, middle + down))

    def _update_area(self, area: Area | None) -> None:
        if area is not None:
            frame = self.placement
            left, top = frame.left + area.left * frame.scale, frame.top + area.top * frame.scale
            size = (area.right - area.left) * frame.scale, (area.bottom - area.top) * frame.scale
            self.update(QRectF(left, top, *size).toAlignedRect().adjusted(-2, -2, 2, 2))

    def _update_pointer(self) -> None:
        if self.pointer is not None:
            self.update(self._circle().toAlignedRect().adjusted(-_RIM_PX, -_RIM_PX, _RIM_PX, _RIM_PX))

    def _circle(self) -> QRectF:
        """Returns the edge of the brush around the pointer; the room of a cross where there is no brush."""
        pointer = self.pointer or QPointF()
        radius = float(_CROSS_PX)
        if self.tool is ToolKind.brush:
            radius = max(self.settings.radius(self._pressure) * self.placement.scale, 2.0)
        return QRectF(pointer.x() - radius, pointer.y() - radius, 2 * radius, 2 * radius)


def _draw_twice(painter: QPainter, draw: Callable[[], object]) -> None:
    """Draws a dark line and a light one on it, to be seen on every picture."""
    for colour, width in ((QColor(0, 0, 0, 200), 3), (QColor(255, 255, 255), 1)):
        painter.setPen(QPen(colour, width))
        draw()
