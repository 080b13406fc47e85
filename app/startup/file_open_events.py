"""Pictures that the system asks a running program to open: macOS does not name them on the command line."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent


class FileOpenEvents(QObject):
    """Install it as an event filter of the application.

    Signals:
        picture_asked: `Path` of the picture.
    """

    picture_asked = Signal(object)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.picture_asked.emit(Path(event.file()))
            return True
        return super().eventFilter(watched, event)
