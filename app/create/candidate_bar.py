"""The bar over a picture that was made on the spot of another: the next one, the former state, and Take."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame

from app.canvas.view import Canvas
from app.widgets.arrow_keys import ArrowKeys
from app.widgets.building import hbox, push_button, text_label
from app.widgets.icon_button import IconButton
from core.language.words import tr

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class CandidateBar(QFrame):
    """Floats over the canvas, whose keys it takes while it is shown: left and right, C held down, and T.

    Signals:
        step_asked: -1 for the one before, 1 for the next.
        source_held: the picture as it was is to be shown, or no more.
        take_asked, closed: use this one; or leave all as they are.
    """

    step_asked = Signal(int)
    source_held = Signal(bool)
    take_asked = Signal()
    closed = Signal()

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.setObjectName("candidateBar")
        self.setProperty("role", "floating")
        self.before = IconButton("chevron-left", tr("The candidate before (Left)"), "candidateBefore")
        self.next = IconButton("chevron-right", tr("The next candidate (Right)"), "candidateNext")
        self.place = text_label(name="candidatePlace", role="number")
        self.source = push_button(
            tr("Before"),
            name="candidateSource",
            kind="quiet",
            tip=tr("Hold to see the picture as it was (hold C)"),
        )
        self.take = push_button(
            tr("Take"),
            self.take_asked,
            name="candidateTake",
            kind="primary",
            tip=tr("Go on from this one: it becomes the start image (T)"),
        )
        self.close_button = IconButton("close", tr("Leave the start image as it is"), "candidateClose")
        row = self.before, self.place, self.next, self.source, self.take, self.close_button
        hbox(*row, on=self, margins=4, spacing=4)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # the arrows are those of the keys
        ArrowKeys(self, (self.source, self.take, self.close_button))
        self.before.clicked.connect(self._on_before)
        self.next.clicked.connect(self._on_next)
        self.source.pressed.connect(self._on_source_pressed)
        self.source.released.connect(self._on_source_pressed)
        self.close_button.clicked.connect(self.closed)
        canvas.installEventFilter(self)
        self.hide()

    def show_place(self, number: int, count: int) -> None:
        """Shows the place of a candidate, the first one having the ``number`` 1."""
        self.place.setText(tr("Candidate {number} of {count}", number=number, count=count))
        for button in (self.before, self.next):
            button.setVisible(count > 1)
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusOut:
            self.source_held.emit(self.source.isDown())  # the release of C goes elsewhere
        if not isinstance(event, QKeyEvent) or self.isHidden() or not self._knows(event):
            return super().eventFilter(watched, event)
        key, kind = Qt.Key(event.key()), event.type()
        event.accept()
        if kind is QEvent.Type.KeyPress and key in _STEPS:
            self.step_asked.emit(_STEPS[key])
        elif kind is QEvent.Type.KeyPress and key == Qt.Key.Key_T:
            self.take_asked.emit()
        elif key == Qt.Key.Key_C and not event.isAutoRepeat() and kind is not QEvent.Type.ShortcutOverride:
            self.source_held.emit(kind is QEvent.Type.KeyPress)
        return True

    def _knows(self, event: QKeyEvent) -> bool:
        is_plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return is_plain and event.key() in (*_STEPS, Qt.Key.Key_C, Qt.Key.Key_T)

    def _on_before(self) -> None:
        self.step_asked.emit(-1)

    def _on_next(self) -> None:
        self.step_asked.emit(1)

    def _on_source_pressed(self) -> None:
        """The button is down, or up again."""
        self.source_held.emit(self.source.isDown())
