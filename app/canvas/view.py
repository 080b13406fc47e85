"""The canvas: shows a picture closely, the one in progress or one from the folder."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.canvas.backdrop import Backdrop, brush
from app.canvas.lens import Lens
from app.canvas.mask_overlay import TINTS, Overlay
from app.canvas.overlay import EmptyText, badge_size, paint_badge, paint_empty
from app.canvas.repeating import MOST, cells, repeated
from app.canvas.zoom import Placement
from app.canvas.zoom_view import ZoomView
from app.widgets.colours import Colours
from app.widgets.painted_picture import PaintedPicture
from core.language.words import tr
from core.pictures.mask import MaskPixels
from core.request.request import Size

BADGE_GAP_PX = 12
LEAST_TOLD = 1.005
"""A picture that is less enlarged is one of 100 % in words."""


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


class Canvas(ZoomView):
    """Shows one picture, fitted or at any zoom.

    Attributes:
        shown: the picture, None while the canvas is empty.
        times: how often the picture stands beside and below itself.
        backdrop: the surface behind it.

    Signals:
        menu_asked: the place on the screen for a context menu.
        shown_changed: another picture is shown, or none.
        drag_asked: the whole picture, which needs no moving, is dragged elsewhere.
        place_clicked(float, float): of the picture, 0 to 1 from the left and from the top.
    """

    menu_asked = Signal(QPoint)
    drag_asked = Signal()
    shown_changed = Signal()
    place_clicked = Signal(float, float)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        self.shown: Shown | None = None
        self.times = 1
        super().__init__(Lens(), colours, parent)
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Picture"))
        self.setMinimumSize(240, 200)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # or all that lies below is painted first
        self.backdrop = Backdrop.neutral
        self._colours = colours
        self._empty_text = EmptyText()
        self._picture = PaintedPicture(QImage())
        self._area = QRect()
        self._overlay: QImage | None = None
        self._cover: PaintedPicture | None = None
        self._mask: MaskPixels | None = None
        self._mask_overlay = Overlay(QColor(TINTS[0]))
        self._pressed_at: QPointF | None = None

    @property
    def picture_size(self) -> QSize | None:
        return self.shown.size * self.times if self.shown is not None else None

    @Slot()
    def repeat(self) -> None:
        """Shows the picture 2 × 2 times, then 3 × 3 times, then once again: one sees if it is seamless."""
        if self.shown is not None and self.isVisible():
            self.times = self.times % MOST + 1
            self._picture = PaintedPicture(repeated(self.shown.image, self.times))
            self.fit()

    def show_picture(self, shown: Shown | None) -> None:
        """Shows another picture; one of the same size keeps the zoom and the place, and paints nothing else."""
        is_other_size = shown is None or self.shown is None or self.shown.size != shown.size
        self.shown = shown
        self._picture = PaintedPicture(repeated(shown.image, self.times) if shown else QImage())
        self.setAccessibleDescription(shown.description if shown else self._empty_text.title)
        before, self._area = self._area, self._picture_area
        if is_other_size:
            self.fit()
        else:
            self.update(before.united(self._area))
        self.shown_changed.emit()

    @property
    def overlay(self) -> QImage | None:
        """Returns the picture that lies over the shown one."""
        return self._overlay

    @Slot(object)
    def set_overlay(self, overlay: QImage | None) -> None:
        """Lays a picture, stretched smoothly, over the shown one; None for none."""
        if overlay is not self._overlay:
            self._overlay = overlay
            self.update()

    def set_mask(self, mask: MaskPixels | None) -> None:
        """Shows a mask of the picture's shape over it; None for none."""
        if mask is not self._mask:
            self._mask = mask
            self.update()

    def set_cover(self, cover: QImage | None) -> None:
        """Shows another picture in the place of this one for a while; None for this one again."""
        if cover is not None or self._cover is not None:
            self._cover = PaintedPicture(repeated(cover, self.times)) if cover is not None else None
            self.update()

    def set_empty_text(self, text: EmptyText) -> None:
        self._empty_text = text
        if self.shown is None:
            self.setAccessibleDescription(text.title)
        self.update()

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.brush = brush(self.backdrop, colours)
        self.update()

    def set_backdrop(self, backdrop: Backdrop) -> None:
        self.backdrop = backdrop
        self.set_colours(self._colours)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.brush)
        if self.shown is None:
            paint_empty(painter, QRectF(self.rect()), self._colours, self._empty_text)
        else:
            frame = self.frame
            (self._cover or self._picture).paint(painter, frame, self.is_sharp)
            for cell in cells(frame, self.times):
                self._paint_over(painter, cell, event.rect())
            if self.shown.badge:
                paint_badge(painter, _badge_corner(frame), self.shown.badge)
            self._paint_size(painter, self.shown.size, frame.bottom(), event.rect())
        self.paint_focus_ring(painter)

    @property
    def _picture_area(self) -> QRect:
        """Returns all that the picture and its badge are painted on."""
        frame, badge = self.frame, self.shown.badge if self.shown is not None else ""
        pill = QRectF(_badge_corner(frame), badge_size(self.font(), badge))
        return frame.united(pill).toAlignedRect().adjusted(-1, -1, 1, 1)

    def _paint_over(self, painter: QPainter, cell: QRectF, area: QRect) -> None:
        """Paints mask and overlay over one of the pictures."""
        if self._mask is not None and self._cover is None:
            place = Placement(cell.width() / self._mask.shape[1], cell.left(), cell.top())
            self._mask_overlay.paint(painter, self._mask, place, area)
        if self._overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(cell, self._overlay)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_R and not event.modifiers():
            self.repeat()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position() if event.button() is Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the picture out of the window where it cannot be moved in it."""
        pressed, distance = self._pressed_at, QApplication.startDragDistance()
        if pressed is None or self.can_pan or (event.position() - pressed).manhattanLength() < distance:
            super().mouseMoveEvent(event)
        else:
            self._pressed_at = self._drag_from = None
            self.drag_asked.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tells the place, unless the picture was dragged."""
        super().mouseReleaseEvent(event)
        pressed, self._pressed_at = self._pressed_at, None
        frame, place = self.frame, event.position()
        is_click = pressed is not None and (place - pressed).manhattanLength() < QApplication.startDragDistance()
        if is_click and self.shown is not None and frame.contains(place):
            across = (place.x() - frame.left()) / frame.width() * self.times
            down = (place.y() - frame.top()) / frame.height() * self.times
            self.place_clicked.emit(across % 1, down % 1)

    def _paint_size(self, painter: QPainter, size: QSize, bottom: float, wanted: QRect) -> None:
        """Tells the size of a picture that is enlarged or repeated, below it."""
        below = QRectF(0, bottom, self.width(), painter.fontMetrics().height() + 8)
        is_wanted = wanted.bottom() > below.top() + 4  # where the text begins
        if not is_wanted or (self.zoom < LEAST_TOLD and self.times == 1) or below.bottom() > self.height():
            return
        words = Size(size.width(), size.height()).words
        if self.times > 1:
            text = tr("{size} pixels, {times} × {times} times", size=words, times=self.times)
        else:
            text = tr("{size} pixels, enlarged to {zoom:.0%}", size=words, zoom=self.zoom)
        painter.setPen(QColor(self._colours.muted))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())


def _badge_corner(frame: QRectF) -> QPointF:
    """Returns a place that is in sight, also where the picture's corner is not."""
    return QPointF(max(frame.left(), 0) + BADGE_GAP_PX, max(frame.top(), 0) + BADGE_GAP_PX)
