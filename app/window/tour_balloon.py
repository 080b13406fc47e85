"""The text of a tour beside a control, and a ring around that control."""

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QWidget

from app.widgets.building import STRETCH, hbox, push_button, text_label, vbox
from core.language.words import tr

WIDTH_PX = 300
"""Fits over the controls, so that the picture stays free."""

GAP_PX = 10
FOLLOWS_EVERY_MS = 150
"""Controls move while panels open, and some appear only then."""


class Ring(QWidget):
    """A frame around a control; the mouse goes through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tourRing")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 6, 6)


class TourBalloon(QFrame):
    """Lies over the window beside its target and follows it; takes no focus and blocks nothing.

    Signals:
        next_asked, end_asked: by its buttons.
    """

    next_asked = Signal()
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
        self._end = push_button(tr("End the tour"), self.end_asked, name="endTourButton")
        self._next = push_button(tr("Next"), self.next_asked, name="nextTourButton")
        for button in (self._end, self._next):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        buttons = hbox(self._end, STRETCH, self._next, spacing=8)
        vbox(self._place_text, self._text, buttons, on=self, margins=16, spacing=8)
        self._clock = QTimer(self, interval=FOLLOWS_EVERY_MS)
        self._clock.timeout.connect(self._follow)

    def show_step(self, target: str, text: str, number: int, of: int, *, waits: bool) -> None:
        """Points at the widget of this object name; ``waits``: trying it out goes on by itself."""
        self._target = target
        self._place_text.setText(tr("First steps · {number} of {of}", number=number, of=of))
        self._text.setText(text)
        self._next.setText(tr("Finish") if number == of else tr("Skip") if waits else tr("Next"))
        self._end.setVisible(number < of)
        self.setAccessibleDescription(text)
        for part in (self._ring, self):
            part.show()
            part.raise_()
        self._follow()
        self._clock.start()

    def leave(self) -> None:
        """Hides both."""
        self._clock.stop()
        self._ring.hide()
        self.hide()

    def _follow(self) -> None:
        """Lies where it covers neither its target nor the window's edge; in the middle without a target."""
        window = self.window()
        whole = window.rect()
        self.resize(WIDTH_PX, self.heightForWidth(WIDTH_PX))
        found = next((child for child in window.findChildren(QWidget, self._target) if child.isVisible()), None)
        self._ring.setVisible(found is not None)
        if found is None:
            self.move(whole.center() - self.rect().center())
            return
        target = QRect(found.mapTo(window, QPoint()), found.size())
        self._ring.setGeometry(target.adjusted(-4, -4, 4, 4))
        places = (
            QPoint(target.right() + GAP_PX, target.top()),
            QPoint(target.left() - self.width() - GAP_PX, target.top()),
            QPoint(target.left(), target.bottom() + GAP_PX),
            QPoint(target.left(), target.top() - self.height() - GAP_PX),
            QPoint(target.left() + GAP_PX, target.top() + GAP_PX),  # inside a large one
        )
        rooms = [QRect(place, self.size()) for place in places]
        limits = whole.adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX)
        for room in rooms:
            room.moveLeft(max(min(room.left(), limits.right() - room.width()), limits.left()))
            room.moveTop(max(min(room.top(), limits.bottom() - room.height()), limits.top()))
        free = [room for room in rooms if not room.intersects(target)]
        self.move((free or rooms[-1:])[0].topLeft())
