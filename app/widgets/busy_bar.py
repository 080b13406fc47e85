"""A progress bar that moves by itself only while nobody knows how far the work is."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QProgressBar


class BusyBar(QProgressBar):
    """Without a text.

    Under a style sheet, Qt goes on with the animation of a bar without end when it has one, until enough of it is
    filled to be drawn: at the first steps of a run, and for ever after one that failed before its first step.
    """

    def __init__(self, name: str) -> None:
        """``name`` is for screen readers."""
        super().__init__(textVisible=False)
        self.setAccessibleName(name)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.StyleAnimationUpdate and self.maximum() > self.minimum():
            event.ignore()  # by which the animation ends
            return True
        return super().event(event)
