"""The picture in its frame, which is drawn wider by handles, or by keys."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.backdrop import Backdrop, brush
from app.canvas.lens import Lens
from app.canvas.zoom_view import ZoomView
from app.masks.frame import Handle, drawn
from app.widgets.colours import Colours
from app.widgets.painted_picture import PaintedPicture
from app.widgets.pixels import to_image, to_pixels
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.pictures.widening import continued_by
from core.request.mask import NO_MARGINS, Margins
from core.request.request import Size

_HANDLE_PX, _REACH_PX = 10, 12
_ROOM = 0.25
"""The free space beside the frame, of the picture's longer side: handles are drawn into it."""
MOST_PREVIEW_PX = 512
_PREVIEW_PX, _VEILED = 192, 0.55
_ARROWS = {
    Qt.Key.Key_Left: Handle.left,
    Qt.Key.Key_Right: Handle.right,
    Qt.Key.Key_Up: Handle.top,
    Qt.Key.Key_Down: Handle.bottom,
}
_CURSORS = {
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
}


class FrameView(ZoomView):
    """Shows a picture and what is to be added around it.

    A drag of a handle moves a side, or two at a corner; with Shift the other side too, with Ctrl by single pixels.
    Arrow keys move the side they point to outwards, with Shift inwards, with Ctrl by single pixels.

    Attributes:
        size_of_picture: in its pixels. margins: what is added. step: pixels in which the frame grows.

    Signals:
        changed: ``margins`` are others, also during a drag. settled: they are, and no drag is in progress.
    """

    changed = Signal()
    settled = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        self.size_of_picture = Size(1, 1)
        self.margins = NO_MARGINS
        self.step = 1
        self._small = np.zeros((1, 1, 3), np.uint8)
        self._picture = self._preview = PaintedPicture(QImage())
        self._room = NO_MARGINS
        self._drag: tuple[Handle, QPointF, Margins] | None = None
        super().__init__(Lens(), colours, parent)
        self.setObjectName("frameView")
        self.setAccessibleName(tr("Picture in its frame"))
        self.setMouseTracking(True)
        self.setMinimumSize(240, 200)

    @property
    def picture_size(self) -> QSize:
        """Returns the size of the room in which the frame is drawn."""
        return QSize(*self._room.around(self.size_of_picture.width, self.size_of_picture.height))

    @property
    def frame_size(self) -> Size:
        return Size(*self.margins.around(self.size_of_picture.width, self.size_of_picture.height))

    @property
    def old_rect(self) -> QRectF:
        """Returns the place of the picture in the view."""
        place, scale, size = self.placement, self.placement.scale, self.size_of_picture
        left, top = place.left + self._room.left * scale, place.top + self._room.top * scale
        return QRectF(left, top, size.width * scale, size.height * scale)

    @property
    def frame_rect(self) -> QRectF:
        left, top, right, bottom = (edge * self.placement.scale for edge in self.margins.edges)
        return self.old_rect.adjusted(-left, -top, right, bottom)

    def open(self, picture: QImage, margins: Margins, step: int) -> None:
        self._drag = None
        self._picture = PaintedPicture(picture)
        self._small = to_pixels(picture.scaled(_PREVIEW_PX, _PREVIEW_PX, Qt.AspectRatioMode.KeepAspectRatio))
        self.size_of_picture = Size(picture.width(), picture.height())
        self.step = step
        self.set_margins(margins)
        self.fit()

    def set_margins(self, margins: Margins) -> None:
        """Shows other margins, with free space around them."""
        is_other = margins != self.margins
        self.margins = margins
        room = round(_ROOM * max(self.size_of_picture.width, self.size_of_picture.height))
        self._room = Margins(*(edge + room for edge in margins.edges))
        self.refresh()
        self._show_new()
        if is_other:
            self.changed.emit()

    def set_colours(self, colours: Colours) -> None:
        self.brush = brush(Backdrop.neutral, colours)
        self.update()

    def place_of(self, handle: Handle) -> QPointF:
        """Returns the middle of a handle in the view."""
        frame = self.frame_rect
        middle = frame.center()
        x = (frame.left(), middle.x(), frame.right())[handle.across + 1]
        y = (frame.top(), middle.y(), frame.bottom())[handle.down + 1]
        return QPointF(x, y)

    def show_cursor(self, place: QPointF) -> None:
        handle = self._drag[0] if self._drag is not None else self._handle_at(place)
        if handle is None:
            super().show_cursor(place)
        else:
            sign = handle.across or 1
            self.setCursor(_CURSORS[abs(handle.across), handle.down * sign if handle.across else 1])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle = self._handle_at(event.position())
        if handle is not None and event.button() is Qt.MouseButton.LeftButton:
            self._drag = handle, event.position(), self.margins
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            super().mouseMoveEvent(event)
            return
        handle, start, before = self._drag
        moved = (event.position() - start) / self.placement.scale
        step = 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else self.step
        both = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.margins = drawn(
            before, self.size_of_picture, handle, moved.x(), moved.y(), step, is_mirrored=both
        )  # the room stays until the drag ends: nothing may move away under the pointer
        self._show_new()
        self.changed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._drag is not None:
            before = self._drag[2]
            self._drag = None
            self.set_margins(self.margins)
            if self.margins != before:
                self.settled.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Takes a second quick press of a handle as a press."""
        if self._handle_at(event.position()) is not None:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def drop_drag(self) -> bool:
        """Takes back what the drag in progress has changed; returns whether there was one."""
        if self._drag is None:
            return False
        before, self._drag = self._drag[2], None
        self.set_margins(before)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        handle = _ARROWS.get(Qt.Key(event.key()))
        if handle is None or self._drag is not None:
            super().keyPressEvent(event)
            return
        step = 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else self.step
        way = -step if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else step
        moved = drawn(self.margins, self.size_of_picture, handle, handle.across * way, handle.down * way, step)
        if moved != self.margins:
            self.set_margins(moved)
            self.settled.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.brush)
        frame, old = self.frame_rect, self.old_rect
        painter.setOpacity(_VEILED)
        self._preview.paint(painter, frame, is_sharp=False)
        painter.setOpacity(1)
        self._picture.paint(painter, old, self.is_sharp)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 200), 3), (QColor(255, 255, 255), 1)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(frame)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
        painter.setBrush(QColor(255, 255, 255))
        for handle in Handle:
            corner = self.place_of(handle) - QPointF(_HANDLE_PX / 2, _HANDLE_PX / 2)
            painter.drawRect(QRectF(corner, QSizeF(_HANDLE_PX, _HANDLE_PX)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self.paint_focus_ring(painter)

    def _handle_at(self, place: QPointF) -> Handle | None:
        """Returns the nearest handle within reach."""

        def distance(handle: Handle) -> float:
            away = self.place_of(handle) - place
            return max(abs(away.x()), abs(away.y()))

        nearest = min(Handle, key=distance)
        return nearest if distance(nearest) <= _REACH_PX else None

    def _show_new(self) -> None:
        """Draws a rough picture of what the new part begins with, and says the size for screen readers."""
        self._preview = PaintedPicture(to_image(roughly(self._small, self.size_of_picture, self.margins)))
        self.setAccessibleDescription(
            tr(
                "The picture has {old} pixels, the frame {new}",
                old=self.size_of_picture.words,
                new=self.frame_size.words,
            )
        )
        self.update()


def roughly(small: Pixels, size: Size, margins: Margins) -> Pixels:
    """Returns a small picture of a frame around one of this size, of which ``small`` is a copy.

    No side is much longer than `MOST_PREVIEW_PX`: it is made again with each move of the pointer.
    """
    longest = max(margins.around(size.width, size.height)) * small.shape[1] / size.width
    coarser = math.ceil(longest / MOST_PREVIEW_PX)
    old = np.ascontiguousarray(small[::coarser, ::coarser])
    scale = old.shape[1] / size.width
    around = Margins(*(round(edge * scale) for edge in margins.edges))
    return continued_by(old, around) if around else old
