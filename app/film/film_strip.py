"""The film strip: a small picture of every network call, growing while the run goes on."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from PySide6.QtCore import QEvent, QLineF, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from app.film.call_scale import GAP_PX, HIGHEST_PX, CallScale
from app.film.position import position_text
from app.widgets.pixels import to_image
from core.film.film import Film, Frame
from core.film.texts import FilmTexts
from core.language.words import tr

_LABEL_GAP_PX = 2
MOST_CALLS = 2
"""Of one step, which share a label."""
_LONGEST_TEXT = 200
_AROUND = (-GAP_PX, -GAP_PX, GAP_PX, GAP_PX)
_NO_FILM = tr("Every step of your next picture will appear here.")


class FilmStrip(QAbstractScrollArea):
    """Shows the chosen call among all of them, and lets the user choose another one.

    Where there is no room for all, every n-th call has a picture, and the chosen one. Calls of one step (Heun and
    its kind make two) stand together above one number.

    Where another text of the prompt begins to act, a line stands before the call; its tooltip has the text. A line
    of another colour, as high as the strip, stands before the first call of a second pass.

    Attributes:
        texts: those of the film.

    Signals:
        call_chosen(int): a picture was pressed, or reached by dragging.
        menu_wanted(int, QPoint): the context menu of a call, at a place on the screen.
    """

    call_chosen = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filmStrip")
        self.setAccessibleName(tr("Film strip"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # the scrubber is below
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self._film: Film | None = None
        self._chosen = 0
        self._thumbnails = _Thumbnails()
        self._scale = CallScale.of(None, self.width())
        self._cells: Sequence[QRect] = ()
        self._steps: dict[int, QRect] = {}
        self.texts = FilmTexts(None)

    def show_film(self, film: Film | None, chosen: int) -> None:
        """Shows the film in its present state; paints only the changes if it has grown by a frame."""
        is_same_run = film is not None and film.continues(self._film)
        if not is_same_run:
            self._thumbnails.clear()
            self.texts = FilmTexts.of(film) if film is not None else FilmTexts(None)
        was, before = self._chosen, self._film
        self._chosen, self._film = chosen, film
        if film is not None and before is not None and is_same_run:
            pairs = enumerate(zip_longest(before.frames, film.frames))
            self._update_around({was, chosen, *(call for call, (old, new) in pairs if old is not new)})
        else:
            self._fit()

    def choose(self, call: int) -> None:
        """Marks another call."""
        if call != self._chosen:
            was, self._chosen = self._chosen, call
            self._update_around({was, call})

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Finds the places of all calls, and of each step: painting asks for them all the time."""
        self._scale = CallScale.of(self._film, self.viewport().width())
        self._cells = [self._cell(call) for call in range(self._scale.calls)]
        self._steps = {}
        steps = self._film.schedule.steps if self._film is not None else ()
        for step, cell in zip(steps, self._cells, strict=False):
            self._steps[step] = self._steps.get(step, cell).united(cell)
        self.viewport().update()

    def _update_around(self, calls: Iterable[int]) -> None:
        """Has these calls painted anew, with their labels and those of the neighbours that they cover."""
        steps = self._film.schedule.steps if self._film is not None else ()
        aside = self._scale.picture_px[0] + GAP_PX
        for call in calls:
            if call < len(steps):
                place = self._steps[steps[call]].adjusted(-aside, -GAP_PX, aside, 0)
                place.setBottom(self.height())
                self.viewport().update(place)

    def sizeHint(self) -> QSize:
        return QSize(480, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 2 * GAP_PX + HIGHEST_PX + _LABEL_GAP_PX + self.fontMetrics().height())

    def call_at(self, place: QPoint) -> int:
        """Returns the recorded call nearest to a place in the viewport."""
        recorded = len(self._film.frames) if self._film is not None else 0
        return min(self._scale.call_at(place.x()), max(recorded - 1, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self._film is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, _NO_FILM)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio = self.devicePixelRatioF()
        self._thumbnails.set_size(self._cells[0].size() * ratio)
        wanted = self._reached_by(event.rect())
        shown = [call for call in self._scale.shown if call in wanted and call != self._chosen]
        for call in (*shown, self._chosen):  # which may lie over its neighbours
            if self._cells[call].adjusted(*_AROUND).intersects(event.rect()):
                self._paint_cell(painter, self._film, call)
        pitch = self._cells[0].width()
        here = self._scale.place_of(self._chosen)
        apart = [
            call for call in shown if self._scale.every == 1 or abs(self._scale.place_of(call) - here) >= pitch
        ]
        self._paint_labels(painter, self._film, (*apart, self._chosen), event.rect())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._choose_at(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose_at(event.position().toPoint())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Goes on with the wheel down, back with the wheel up, as the scrubber does."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta and self._film is not None and self._film.frames:
            call = self._chosen + (1 if delta < 0 else -1)
            self.call_chosen.emit(min(max(call, 0), len(self._film.frames) - 1))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._film is not None and self._film.frames:
            self.menu_wanted.emit(self.call_at(event.pos()), event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._film is not None and self._film.frames:
            call = self.call_at(event.pos())
            text = position_text(self._film, call)
            if words := self.texts.words_at(call):
                text += f"\n{words if len(words) <= _LONGEST_TEXT else words[: _LONGEST_TEXT - 1] + '…'}"
            QToolTip.showText(event.globalPos(), text, self.viewport(), self._cells[call])
            return True
        return super().viewportEvent(event)

    def _cell(self, call: int) -> QRect:
        width, height = self._scale.picture_px
        left = round(self._scale.place_of(call) - width / 2)
        return QRect(left, GAP_PX + (HIGHEST_PX - height) // 2, width, height)

    def _reached_by(self, area: QRect) -> range:
        """Returns all calls of which a picture or a label may lie in an area: asking each is slow."""
        reach = 2 * self._scale.picture_px[0] + self.fontMetrics().horizontalAdvance("0000")
        first, last = (self._scale.call_at(x) for x in (area.left() - reach, area.right() + reach))
        return range(first - MOST_CALLS, last + MOST_CALLS + 1)

    def _choose_at(self, place: QPoint) -> None:
        if self._film is not None and self._film.frames:
            self.call_chosen.emit(self.call_at(place))

    def _paint_cell(self, painter: QPainter, film: Film, call: int) -> None:
        cell, colours = self._cells[call], self.palette()
        unseen = range(min(self._scale.every, call + 1))
        if not self.texts.is_constant and any(self.texts.changes_at(call - before) for before in unseen):
            x = cell.left() - GAP_PX / 2
            painter.setPen(QPen(colours.color(QPalette.ColorRole.Highlight), 2))
            painter.drawLine(QLineF(x, cell.top(), x, cell.bottom()))
        first = film.first_call_at(call)
        if first > 0 and call - self._scale.every < first:
            x = cell.left() - GAP_PX / 2
            painter.setPen(QPen(colours.color(QPalette.ColorRole.WindowText), 2))
            painter.drawLine(QLineF(x, 0, x, GAP_PX + HIGHEST_PX + _LABEL_GAP_PX + self.fontMetrics().height()))
        if call >= len(film.frames):
            painter.setPen(QPen(colours.color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(cell).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            return
        painter.drawPixmap(cell, self._thumbnails.find(film, call))
        if call == self._chosen:
            painter.setPen(QPen(colours.color(QPalette.ColorRole.Highlight), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(cell).adjusted(-1, -1, 1, 1), 3, 3)

    def _paint_labels(self, painter: QPainter, film: Film, calls: Iterable[int], wanted: QRect) -> None:
        steps = film.schedule.steps
        metrics = self.fontMetrics()
        top = GAP_PX + HIGHEST_PX + _LABEL_GAP_PX
        chosen_step, reach = steps[self._chosen], metrics.horizontalAdvance(str(len(steps)))
        for step in {steps[call] for call in calls}:
            cells = self._steps[step]
            label = QRect(cells.left(), top, cells.width(), metrics.height())
            if not label.adjusted(-reach, 0, reach, 0).intersects(wanted):
                continue
            is_chosen = step == chosen_step
            role = QPalette.ColorRole.WindowText if is_chosen else QPalette.ColorRole.PlaceholderText
            painter.setPen(self.palette().color(role))
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, str(step + 1))
            if cells.width() > self._cells[0].width():
                self._paint_bracket(painter, label, metrics.horizontalAdvance(str(step + 1)))

    def _paint_bracket(self, painter: QPainter, label: QRect, text_px: int) -> None:
        """Paints lines left and right of a number that several calls share."""
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
        middle, gap = label.center().y(), text_px // 2 + 6
        painter.drawLine(label.left() + 2, middle, label.center().x() - gap, middle)
        painter.drawLine(label.center().x() + gap, middle, label.right() - 2, middle)


class _Thumbnails:
    """Pixmaps by call, all of one size in device pixels."""

    def __init__(self) -> None:
        self._size = QSize()
        self._made: dict[int, tuple[Frame, QPixmap]] = {}

    def set_size(self, size: QSize) -> None:
        if size != self._size:
            self._size = size
            self._made.clear()

    def find(self, film: Film, call: int) -> QPixmap:
        """Returns the picture of a call; a call that is recorded again gets a new one."""
        frame = film.frames[call]
        made = self._made.get(call)
        if made is None or made[0] is not frame:
            image = to_image(film.picture(frame.denoised)).scaled(
                self._size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            pixmap = QPixmap(self._size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            shown = image.rect()
            shown.moveCenter(QRect(QPoint(), self._size).center())
            painter.drawImage(shown.topLeft(), image)
            painter.end()
            made = self._made[call] = (frame, pixmap)
        return made[1]

    def clear(self) -> None:
        self._made.clear()
