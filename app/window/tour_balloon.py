"""The text of a tour beside a control, and a ring around that control."""

from itertools import product

from PySide6.QtCore import QLine, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QWidget

from app.widgets.building import STRETCH, hbox, push_button, stretched, text_label, vbox
from app.widgets.icon_button import IconButton
from core.language.words import tr

WIDTH_PX = 300
"""Fits over the controls, so that the picture stays free."""

GAP_PX = 10
NEEDED = ("canvas", "filmViews", "filmStrip", "filmScrubber", "branchArea", "generateButton")
"""Names of widgets that the user works with or looks at all the time: they are covered last."""

LEAST_COVERED = 0.5
FOLLOWS_EVERY_MS = 150
"""Controls move while panels open, and some appear only then."""


class Ring(QWidget):
    """A frame around a control, and a line to it from the text; the mouse goes through both."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tourRing")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._frame, self._line = QRect(), QLine()

    def lead(self, target: QRect, text: QRect) -> None:
        """Shows both for a control and a text at these places in the window."""
        frame = target.adjusted(-4, -4, 4, 4)
        line = QLine(_nearest(text, frame.center()), _nearest(frame, text.center()))
        area = frame.united(QRect(line.p1(), line.p2()).normalized().adjusted(-3, -3, 3, 3))
        self.setGeometry(area)
        self._frame, self._line = frame.translated(-area.topLeft()), line.translated(-area.topLeft())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 3))
        painter.drawRoundedRect(self._frame.adjusted(2, 2, -2, -2), 6, 6)
        painter.drawLine(self._line)


class TourBalloon(QFrame):
    """Lies over the window beside its target and follows it; takes no focus and blocks nothing.

    Signals:
        next_asked, back_asked, end_asked: by its buttons.
    """

    next_asked = Signal()
    back_asked = Signal()
    end_asked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tourBalloon")
        self.setProperty("role", "floating")
        self.setAccessibleName(tr("First steps"))
        self._target = ""
        self._ring = Ring(window)
        self._place_text = text_label(name="tourPlace", role="hint")
        self._text = text_label(name="tourText", wraps=True)
        self._text.setFixedWidth(WIDTH_PX - 32)
        self._end = IconButton("close", tr("End the tour"), "endTourButton", self)
        self._end.clicked.connect(self.end_asked)
        self._back = push_button(tr("Back"), self.back_asked, name="backTourButton")
        self._next = push_button(tr("Next"), self.next_asked, name="nextTourButton")
        for button in (self._end, self._back, self._next):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        head = hbox(stretched(self._place_text), self._end)
        buttons = hbox(STRETCH, self._back, self._next, spacing=8)
        self._show_next("", is_usual=True)
        buttons.addStrut(self._next.sizeHint().height())  # the usual button is higher than others
        self._contents = vbox(head, self._text, buttons, on=self, margins=16, spacing=8)
        self._clock = QTimer(self, interval=FOLLOWS_EVERY_MS)
        self._clock.timeout.connect(self._follow)

    def show_step(self, target: str, text: str, number: int, of: int, *, waits: bool) -> None:
        """Points at the widget of this object name; ``waits``: there is something to try, see `mark_tried`."""
        self._target = target
        self._place_text.setText(tr("First steps · {number} of {of}", number=number, of=of))
        self._text.setText(text)
        self._show_next(tr("Finish") if number == of else tr("Skip") if waits else tr("Next"), is_usual=not waits)
        self._back.setVisible(number > 1)
        self.setAccessibleDescription(text)
        for part in (self._ring, self):
            part.show()
            part.raise_()
        self._contents.activate()  # how high the text is
        self._follow()
        self._clock.start()

    @Slot()
    def mark_tried(self) -> None:
        """Says that the user has tried what the step is about. The user goes on when it has been looked at."""
        self._show_next(tr("Next"), is_usual=True)

    def _show_next(self, text: str, *, is_usual: bool) -> None:
        self._next.setText(text)
        self._next.setProperty("kind", "primary" if is_usual else "")
        self._next.style().unpolish(self._next)
        self._next.style().polish(self._next)

    def leave(self) -> None:
        """Hides both."""
        self._clock.stop()
        self._ring.hide()
        self.hide()

    def _follow(self) -> None:
        """Lies where it covers neither its target nor the window's edge; in the middle without a target."""
        whole = self.window().rect()
        self.resize(WIDTH_PX, self.heightForWidth(WIDTH_PX))
        target = self._area(self._target)
        self._ring.setVisible(target is not None)
        if target is None:
            self.move(whole.center() - self.rect().center())
            return
        limits = whole.adjusted(GAP_PX, GAP_PX, -GAP_PX - self.width(), -GAP_PX - self.height())
        lefts = (target.right() + GAP_PX, target.left() - self.width() - GAP_PX, target.left(), 0, whole.right())
        above = target.top() - self.height() - GAP_PX
        tops = (target.top(), target.bottom() + GAP_PX, above, (whole.height() - self.height()) // 2)
        places = [
            QPoint(max(min(left, limits.right()), limits.left()), max(min(top, limits.bottom()), limits.top()))
            for left, top in product(lefts, tops)
        ]
        free = [place for place in places if not QRect(place, self.size()).intersects(target)]
        needed = [area for name in NEEDED if name != self._target and (area := self._area(name)) is not None]

        def cost(place: QPoint) -> float:
            """Counts the widgets that it covers, and how far it is from its target in widths of the window."""
            room = QRect(place, self.size())
            way = room.center() - target.center()
            return sum(_covered(area, room) for area in needed) + way.manhattanLength() / whole.width()

        inside = target.topLeft() + QPoint(GAP_PX, GAP_PX)
        self.move(min(free, key=cost) if free else inside)
        self._ring.lead(target, self.geometry())

    def _area(self, name: str) -> QRect | None:
        """Returns the place of the visible widget of this name in the window."""
        window = self.window()
        found = next((child for child in window.findChildren(QWidget, name) if child.isVisible()), None)
        return QRect(found.mapTo(window, QPoint()), found.size()) if found is not None else None


def _nearest(area: QRect, to: QPoint) -> QPoint:
    """Returns the point of an area that lies nearest to another one."""
    x, y = max(area.left(), min(to.x(), area.right())), max(area.top(), min(to.y(), area.bottom()))
    return QPoint(x, y)


def _covered(area: QRect, room: QRect) -> float:
    """Returns how much of the smaller one lies on the other, from 0 to 1; a corner counts as a good part of it."""
    both = area.intersected(room)
    smaller = min(area.width() * area.height(), room.width() * room.height())
    return max(both.width() * both.height() / max(smaller, 1), LEAST_COVERED) if both.isValid() else 0.0
