"""The canvas: shows a picture closely, the one in progress or one from the folder."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.backdrop import Backdrop, brush
from app.canvas.overlay import EmptyText, paint_badge, paint_empty
from app.canvas.painted_picture import PaintedPicture
from app.canvas.zoom import Extent, Placement, fitted
from app.widgets.colours import Colours
from app.widgets.focus_ring import FocusRingWidget

ZOOM_FACTOR = 1.25
PAN_PX = 48
BADGE_GAP_PX = 12
SHARP_FROM = 8.0
"""The zoom (800 %) from which, when chosen by hand, pixels are shown as squares."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The picture on the canvas.

    Attributes:
        image: the pixels; may be smaller than ``size`` when it is a preview.
        size: of the finished picture in pixels.
        badge: a few words in the corner, or "".
        description: for screen readers.
    """

    image: QImage
    size: QSize
    badge: str = ""
    description: str = ""


class Canvas(FocusRingWidget):
    """Shows one picture, fitted or at any zoom.

    Signals:
        zoom_changed: the zoom in device pixels per picture pixel (1.0 is 100 %), or None when empty.
        menu_asked: the place on the screen for a context menu.
        shown_changed: another picture is shown, or none.
    """

    zoom_changed = Signal(object)
    menu_asked = Signal(QPoint)
    shown_changed = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName("Picture")
        self.setMinimumSize(240, 200)
        self.setMouseTracking(False)
        self._colours = colours
        self._backdrop = Backdrop.neutral
        self._brush = brush(self._backdrop, colours)
        self._empty_text = EmptyText()
        self._shown: Shown | None = None
        self._picture = PaintedPicture(QImage())
        self._placement = Placement(1.0, 0.0, 0.0)
        self._is_fitted = True
        self._drag_from: QPointF | None = None

    @property
    def shown(self) -> Shown | None:
        return self._shown

    @property
    def zoom(self) -> float:
        """Returns the device pixels for each picture pixel."""
        return self._placement.scale * self.devicePixelRatioF()

    @property
    def placement(self) -> Placement:
        """Returns the place of the picture in the view."""
        return self._placement

    @property
    def is_fitted(self) -> bool:
        return self._is_fitted

    @property
    def backdrop(self) -> Backdrop:
        return self._backdrop

    def show_picture(self, shown: Shown | None) -> None:
        """Shows another picture; one of the same size keeps the zoom and the place."""
        is_other_size = self._shown is None or shown is None or self._shown.size != shown.size
        self._shown = shown
        self._picture = PaintedPicture(shown.image if shown else QImage())
        if is_other_size:
            self._is_fitted = True
        self.setAccessibleDescription(shown.description if shown else self._empty_text.title)
        self._place(self._placement)
        self.shown_changed.emit()

    def set_empty_text(self, text: EmptyText) -> None:
        self._empty_text = text
        if self._shown is None:
            self.setAccessibleDescription(text.title)
        self.update()

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._brush = brush(self._backdrop, colours)
        self.update()

    def set_backdrop(self, backdrop: Backdrop) -> None:
        self._backdrop = backdrop
        self.set_colours(self._colours)

    def fit(self) -> None:
        """Shows the whole picture, also when the window's size changes."""
        self._is_fitted = True
        self._place(self._placement)

    def zoom_to(self, zoom: float) -> None:
        """Zooms around the middle; 1.0 is one device pixel for each pixel of the picture."""
        middle = QRectF(self.rect()).center()
        self._zoom_at(zoom / self.zoom, middle)

    def show_actual_size(self) -> None:
        """Shows 100 %."""
        self.zoom_to(1.0)

    def zoom_in(self) -> None:
        self._zoom_at(ZOOM_FACTOR, QRectF(self.rect()).center())

    def zoom_out(self) -> None:
        self._zoom_at(1 / ZOOM_FACTOR, QRectF(self.rect()).center())

    def pan(self, dx: float, dy: float) -> None:
        self._place(self._placement.panned(dx, dy))

    def _zoom_at(self, factor: float, position: QPointF) -> None:
        if self._shown is not None:
            self._is_fitted = False
            self._place(self._placement.zoomed(factor, position.x(), position.y()))

    def _place(self, placement: Placement) -> None:
        if self._shown is not None:
            view = Extent(self.width(), self.height())
            picture = Extent(self._shown.size.width(), self._shown.size.height())
            self._placement = fitted(view, picture) if self._is_fitted else placement.limited(view, picture)
            self.zoom_changed.emit(self.zoom)
        else:
            self.zoom_changed.emit(None)
        self._show_cursor()
        self.update()

    def _picture_rect(self) -> QRectF:
        size = self._shown.size if self._shown else QSize()
        place = self._placement
        return QRectF(place.left, place.top, size.width() * place.scale, size.height() * place.scale)

    def _badge_corner(self) -> QPointF:
        """Returns the picture's corner, or the view's if that is further in."""
        rect = self._picture_rect()
        return QPointF(max(rect.left(), 0) + BADGE_GAP_PX, max(rect.top(), 0) + BADGE_GAP_PX)

    @property
    def _can_pan(self) -> bool:
        rect = self._picture_rect()
        return self._shown is not None and (rect.width() > self.width() or rect.height() > self.height())

    def _show_cursor(self) -> None:
        if self._drag_from is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._can_pan:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._brush)
        if self._shown is None:
            paint_empty(painter, QRectF(self.rect()), self._colours, self._empty_text)
        else:
            is_sharp = not self._is_fitted and self.zoom >= SHARP_FROM
            self._picture.paint(painter, self._picture_rect(), is_sharp)
            if self._shown.badge:
                paint_badge(painter, self._badge_corner(), self._shown.badge)
        self.paint_focus_ring(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(self._placement)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self._zoom_at(ZOOM_FACTOR**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) and self._shown is not None:
            self._drag_from = event.position()
            self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is not None:
            moved = event.position() - self._drag_from
            self._drag_from = event.position()
            self.pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._drag_from = None
        self._show_cursor()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        if self._is_fitted:
            self.zoom_to(1.0)
        else:
            self.fit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

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
                self.zoom_to(1.0)
            case key if key in moves:
                self.pan(*moves[Qt.Key(key)])
            case _:
                super().keyPressEvent(event)
