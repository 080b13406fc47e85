"""Looking closely at pictures: zooming and moving by mouse, wheel and keys, alike wherever they are shown."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.canvas.backdrop import Backdrop, brush
from app.canvas.lens import Lens
from app.canvas.zoom import Extent, Placement
from app.widgets.colours import Colours
from app.widgets.focus_ring import FocusRingWidget

ZOOM_FACTOR = 1.25
PAN_PX = 48
SHARP_FROM = 8.0
"""The zoom (800 %) from which, when chosen by hand, pixels are shown as squares."""


class ZoomView(FocusRingWidget):
    """Sees a picture through a lens, which other views may share. What is painted is for those who inherit.

    Mouse: a drag moves the picture, the wheel zooms, a double click switches between all of it and 100 %. Keys:
    ``+ − 0 1`` and arrows.

    Signals:
        zoom_changed: the zoom in device pixels per picture pixel (1.0 is 100 %), or None when empty.
    """

    zoom_changed = Signal(object)

    def __init__(self, lens: Lens, colours: Colours, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.lens = lens
        self.brush = brush(Backdrop.neutral, colours)
        self._drag_from: QPointF | None = None
        lens.changed.connect(self.refresh)

    @property
    def picture_size(self) -> QSize | None:
        """Returns the size of the picture in its pixels, None while there is none."""
        raise NotImplementedError

    @property
    def placement(self) -> Placement:
        """Returns the place of the picture in the view."""
        view, picture = self._extents
        return self.lens.placement(view, picture)

    @property
    def zoom(self) -> float:
        """Returns the device pixels for each picture pixel."""
        return self.placement.scale * self.devicePixelRatioF()

    @property
    def is_sharp(self) -> bool:
        """Returns whether pixels are shown as squares."""
        return not self.lens.is_fitted and self.zoom >= SHARP_FROM

    @property
    def frame(self) -> QRectF:
        """Returns the rectangle that the picture fills."""
        place, (_, picture) = self.placement, self._extents
        return QRectF(place.left, place.top, picture.width * place.scale, picture.height * place.scale)

    @property
    def can_pan(self) -> bool:
        return self.picture_size is not None and not QRectF(self.rect()).contains(self.frame)

    @Slot()
    def refresh(self) -> None:
        """Shows another picture, or another place of it."""
        self.zoom_changed.emit(self.zoom if self.picture_size is not None else None)
        self.show_cursor(QPointF(self.mapFromGlobal(QCursor.pos())))
        self.update()

    def fit(self) -> None:
        """Shows the whole picture, also when the window's size changes."""
        self.lens.fit()

    def zoom_to(self, zoom: float) -> None:
        """Zooms around the middle; 1.0 is one device pixel for each pixel of the picture."""
        if self.picture_size is not None:
            self.lens.show_scale(zoom / self.devicePixelRatioF(), *self._extents)

    def show_actual_size(self) -> None:
        """Shows 100 %."""
        self.zoom_to(1.0)

    def zoom_in(self) -> None:
        self.zoom_at(ZOOM_FACTOR, QRectF(self.rect()).center())

    def zoom_out(self) -> None:
        self.zoom_at(1 / ZOOM_FACTOR, QRectF(self.rect()).center())

    def pan(self, dx: float, dy: float) -> None:
        if self.picture_size is not None:
            self.lens.pan(dx, dy, *self._extents)

    def show_cursor(self, _place: QPointF) -> None:
        """Shows by the cursor what a press would do, or does."""
        if self._drag_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.can_pan:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    @property
    def _extents(self) -> tuple[Extent, Extent]:
        """Returns those of the view and of the picture."""
        size = self.picture_size or QSize(1, 1)
        return Extent(self.width(), self.height()), Extent(size.width(), size.height())

    def zoom_at(self, factor: float, position: QPointF) -> None:
        """Enlarges or reduces around a place of the view."""
        if self.picture_size is not None:
            self.lens.zoom(factor, position.x(), position.y(), *self._extents)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom_at(ZOOM_FACTOR**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
        if event.button() in buttons and self.picture_size is not None:
            self._drag_from = event.position()
            self.show_cursor(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is not None:
            moved = event.position() - self._drag_from
            self._drag_from = event.position()
            self.pan(moved.x(), moved.y())
        self.show_cursor(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag_from = None
        self.show_cursor(event.position())

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.show_actual_size() if self.lens.is_fitted else self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (PAN_PX, 0),
            Qt.Key.Key_Right: (-PAN_PX, 0),
            Qt.Key.Key_Up: (0, PAN_PX),
            Qt.Key.Key_Down: (0, -PAN_PX),
        }
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_in()
            case Qt.Key.Key_Minus:
                self.zoom_out()
            case Qt.Key.Key_0:
                self.fit()
            case Qt.Key.Key_1:
                self.show_actual_size()
            case key if key in moves:
                self.pan(*moves[Qt.Key(key)])
            case _:
                super().keyPressEvent(event)
