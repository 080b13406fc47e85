"""The place where the frame of a picture is drawn wider: the bar above the picture, and the keys of both."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QWidget

from app.masks.frame_bar import FrameBar
from app.masks.frame_view import FrameView
from app.widgets.building import stretched, vbox
from app.widgets.colours import Colours
from core.request.mask import Margins

_DONE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FrameEditor(QWidget):
    """Draws the frame of one picture at a time.

    Attributes:
        view: the picture in its frame. bar: shapes and size.

    Signals:
        drawn: the frame is another one. closed: the user is done. cancelled: it is to be what it was.
    """

    drawn = Signal()
    closed = Signal()
    cancelled = Signal()

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setObjectName("frameEditor")
        self.view = FrameView(colours)
        self.bar = FrameBar(self.view)
        vbox(self.bar, stretched(self.view), on=self, spacing=0)
        self.view.settled.connect(self.drawn)
        self.bar.closed.connect(self.closed)
        self.bar.cancelled.connect(self.cancelled)

    def open(self, picture: QImage, margins: Margins, step: int) -> None:
        """Shows a picture in the frame that it has; ``step`` is that of the sizes of the model."""
        self.view.open(picture, margins, step)
        self.bar.refresh()

    def set_colours(self, colours: Colours) -> None:
        self.view.set_colours(colours)

    def event(self, event: QEvent) -> bool:
        """Keeps Esc and Return from the commands of the window, which would stop or begin a run."""
        is_override = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and self._ends(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._ends(event):
            if not self.view.drop_drag():
                self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _ends(self, event: QKeyEvent) -> bool:
        """Esc ends it from the bar, too; Return there presses the button that has the focus."""
        if event.key() == Qt.Key.Key_Escape:
            return True
        return event.key() in _DONE and not event.modifiers() and self.view.hasFocus()
