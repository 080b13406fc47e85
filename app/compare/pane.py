"""One pane of a comparison: a picture, or two of them with a divider that can be dragged."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas.backdrop import Backdrop, brush
from app.canvas.lens import Lens
from app.canvas.overlay import paint_badge
from app.canvas.zoom_view import ZoomView
from app.compare.compared_picture import ComparedPicture
from app.widgets.colours import Colours
from app.widgets.painted_picture import PaintedPicture

GRIP_PX = 10
"""The distance from the divider within which a press drags it; other presses move the picture."""

BADGE_GAP_PX = 8
_HANDLE_PX = 14
_CHEVRON_PX = 4
_DARK, _WHITE = QColor(0, 0, 0, 120), QColor(255, 255, 255)
STEP, LONG_STEP = 0.02, 0.1
"""The step of an arrow key, alone and with Shift, as a part of the visible picture."""


class ComparePane(ZoomView):
    """Shows its pictures through a lens that other panes may share.

    With two pictures a drag moves the divider; if the picture is larger than the pane and the press is not on the
    divider, the drag moves the picture. The arrow keys move the divider or, without one, the picture.

    Attributes:
        pictures: those that are shown. message: the words that are shown instead.
        divider: its place, as a part of the picture's visible width, 0 to 1.

    Signals:
        divider_moved(float)
    """

    divider_moved = Signal(float)

    def __init__(self, lens: Lens, colours: Colours, parent: QWidget | None = None) -> None:
        self.pictures: tuple[ComparedPicture, ...] = ()
        super().__init__(lens, colours, parent)
        self.setMouseTracking(True)
        self.setMinimumSize(80, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.divider = 0.5
        self._painted: tuple[PaintedPicture, ...] = ()
        self._labels: tuple[str, ...] = ()
        self.message = ""
        self._drags_divider = False

    @property
    def picture_size(self) -> QSize | None:
        return self.pictures[0].size if self.pictures else None

    def show_pictures(self, pictures: Sequence[ComparedPicture], labels: Sequence[str]) -> None:
        """Shows one picture, or two that are divided, in the frame of the first one, with ``labels`` over them."""
        before = dict(zip((picture.image.cacheKey() for picture in self.pictures), self._painted, strict=True))
        self.pictures, self._labels, self.message = tuple(pictures), tuple(labels), ""
        self._painted = tuple(
            before.get(picture.image.cacheKey()) or PaintedPicture(picture.image) for picture in pictures
        )
        self.setAccessibleDescription("; ".join(f"{picture.name}, {picture.state}" for picture in pictures))
        self.update()

    def show_message(self, text: str) -> None:
        """Shows words instead of pictures."""
        self.pictures, self._painted, self._labels, self.message = (), (), (), text
        self.setAccessibleDescription(text)
        self.update()

    def set_colours(self, colours: Colours) -> None:
        self.brush = brush(Backdrop.neutral, colours)
        self.update()

    def set_divider(self, divider: float) -> None:
        divider = min(max(divider, 0.0), 1.0)
        if divider != self.divider:
            self.divider = divider
            self.divider_moved.emit(divider)
            self.update()

    @property
    def divider_x(self) -> float:
        """Returns the place of the divider in the pane, in its units."""
        seen = self.frame.intersected(QRectF(self.rect()))
        return seen.left() + self.divider * seen.width()

    def _holds_divider(self, place: QPointF) -> bool:
        if len(self.pictures) < 2:
            return False
        return not self.can_pan or abs(place.x() - self.divider_x) <= GRIP_PX

    def _move_divider_to(self, x: float) -> None:
        seen = self.frame.intersected(QRectF(self.rect()))
        self.set_divider((x - seen.left()) / max(seen.width(), 1.0))

    def show_cursor(self, place: QPointF) -> None:
        if self._drags_divider or (self._drag_from is None and self._holds_divider(place)):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            super().show_cursor(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.brush)
        if self.message:
            painter.setPen(self.palette().placeholderText().color())
            words = QRectF(self.rect()).adjusted(24, 24, -24, -24)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
        elif len(self.pictures) == 2:
            whole, x = QRectF(self.rect()), self.divider_x
            self._paint_picture(painter, 0, QRectF(0, 0, x, whole.height()))
            self._paint_picture(painter, 1, QRectF(x, 0, whole.width() - x, whole.height()))
            _paint_divider(painter, x, whole.height())
        elif self.pictures:
            self._paint_picture(painter, 0, QRectF(self.rect()))
        self.paint_focus_ring(painter)

    def _paint_picture(self, painter: QPainter, number: int, part: QRectF) -> None:
        """Paints one picture with its label, as far as it lies in this part of the pane."""
        frame = self.frame
        painter.save()
        painter.setClipRect(part)
        self._painted[number].paint(painter, self.pictures[number].place_in(frame), self.is_sharp)
        seen = frame.intersected(QRectF(self.rect())).adjusted(
            BADGE_GAP_PX, BADGE_GAP_PX, -BADGE_GAP_PX, -BADGE_GAP_PX
        )
        corner = seen.topRight() if number else seen.topLeft()
        if self._labels[number]:
            paint_badge(painter, corner, self._labels[number], is_right=bool(number))
        painter.restore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() is Qt.MouseButton.LeftButton
        self._drags_divider = is_left and self._holds_divider(event.position())
        if self._drags_divider:
            self._move_divider_to(event.position().x())
            self.show_cursor(event.position())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drags_divider:
            self._move_divider_to(event.position().x())
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drags_divider = False
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if len(self.pictures) == 1:
            super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = LONG_STEP if is_shifted else STEP
        places = {
            Qt.Key.Key_Left: self.divider - step,
            Qt.Key.Key_Right: self.divider + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        if len(self.pictures) == 2 and event.key() in places:
            self.set_divider(places[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


def _paint_divider(painter: QPainter, x: float, height: float) -> None:
    """Paints the divider white with a dark edge, which is visible on every picture."""
    middle = height / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((_DARK, 4), (_WHITE, 2)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
    painter.setPen(QPen(_DARK, 1))
    painter.setBrush(_WHITE)
    painter.drawEllipse(QPointF(x, middle), _HANDLE_PX, _HANDLE_PX)
    painter.setPen(QPen(QColor(40, 40, 40), 1.6))
    for side in (-1, 1):
        tip = x + side * (_HANDLE_PX - 5)
        back = tip - side * _CHEVRON_PX
        painter.drawPolyline(
            [QPointF(back, middle - _CHEVRON_PX), QPointF(tip, middle), QPointF(back, middle + _CHEVRON_PX)]
        )
