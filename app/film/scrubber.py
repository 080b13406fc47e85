"""The scrubber: one place for each network call of a film, with taller marks at the steps."""

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from app.film.call_scale import CallScale
from core.film.film import Film
from core.language.words import tr

_HEIGHT_PX = 24
_HANDLE_PX = 7
_SMALLEST_MARK_DISTANCE_PX = 4


class Scrubber(QSlider):
    """A slider over the calls of a run that reaches only those that are done.

    Mouse: a press goes there, a drag follows. Wheel and arrow keys: one call; Page keys: ten; Home, End.
    ``sliderMoved`` and `QSlider.actionTriggered` are not used: follow ``valueChanged`` and block it while setting.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("filmScrubber")
        self.setAccessibleName(tr("Step of the film"))
        self.setToolTip(tr("Go through the steps: drag, turn the wheel, or use the arrow keys, Home and End"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(1)
        self.setPageStep(10)
        self._film: Film | None = None
        self._marks: tuple[CallScale | None, list[QLineF]] = None, []
        self._wheel = 0
        self.set_film(None)

    def set_film(self, film: Film | None) -> None:
        """Sets the calls of the run, of which those in the film are done."""
        if film is None or not film.continues(self._film):
            self._marks = None, []
        self._film = film
        recorded = len(film.frames) if film is not None else 0
        self.setEnabled(recorded > 0)
        self.setRange(0, max(0, recorded - 1))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT_PX)

    @property
    def scale(self) -> CallScale:
        """Returns the places of the calls, the same as in the strip of this width."""
        return CallScale.of(self._film, self.width())

    def call_at(self, x_px: float) -> int:
        """Returns the recorded call nearest to a place."""
        return min(self.scale.call_at(x_px), self.maximum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self.call_at(event.position().x()))
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setValue(self.call_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Moves one call for each notch; down and right go forward, like time in the strip."""
        delta = event.angleDelta()
        self._wheel -= delta.y() or delta.x()
        notches, self._wheel = int(self._wheel / 120), self._wheel - 120 * int(self._wheel / 120)
        self.setValue(self.value() + notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Makes Up and Page up go back and Down and Page down forward, unlike a plain slider."""
        page = self.pageStep()
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        if event.key() in steps:
            self.setValue(self.value() + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self.palette()
        middle = self.height() / 2
        scale = self.scale
        begin, end = scale.place_of(0), scale.place_of(max(scale.calls - 1, 1))
        here, recorded = scale.place_of(self.value()), scale.place_of(self.maximum())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color(QPalette.ColorRole.Shadow))
        painter.drawRoundedRect(QRectF(begin, middle - 2, end - begin, 4), 2, 2)
        if not self.isEnabled():
            return
        painter.setBrush(colours.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(QRectF(begin, middle - 2, recorded - begin, 4), 2, 2)
        painter.setBrush(colours.color(QPalette.ColorRole.Highlight))
        painter.drawRoundedRect(QRectF(begin, middle - 2, here - begin, 4), 2, 2)
        self._paint_marks(painter, middle)
        is_focused = self.hasFocus()
        role = QPalette.ColorRole.Highlight if is_focused else QPalette.ColorRole.PlaceholderText
        painter.setPen(QPen(colours.color(role), 2 if is_focused else 1))
        painter.setBrush(colours.color(QPalette.ColorRole.Base))
        painter.drawEllipse(QPointF(here, middle), _HANDLE_PX, _HANDLE_PX)

    def _paint_marks(self, painter: QPainter, middle: float) -> None:
        """Paints marks below the groove: a long one for each step, short ones for its further calls."""
        scale, steps = self.scale, self._film.schedule.steps if self._film is not None else ()
        if self._marks[0] is not scale:
            marks: list[QLineF] = []
            if scale.place_of(1) - scale.place_of(0) >= _SMALLEST_MARK_DISTANCE_PX:
                for call, step in enumerate(steps):
                    is_first = call == 0 or steps[call - 1] != step
                    x = round(scale.place_of(call)) + 0.5
                    marks.append(QLineF(x, 6, x, 10 if is_first else 8))
            self._marks = scale, marks
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        painter.translate(0, middle)
        painter.drawLines(self._marks[1])
        painter.translate(0, -middle)
