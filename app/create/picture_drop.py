"""Pictures dropped on the window or pasted into it give their settings back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from core.pictures.metadata import SUFFIXES


class PictureDrop(QObject):
    """Watches the window and its text fields, which would take a dropped file for text.

    Signals:
        dropped: `Path` of the picture.
    """

    dropped = Signal(object)

    def __init__(self, window: QWidget, within: QWidget) -> None:
        """``within`` has the text fields; other parts of the window may want pictures for something else."""
        super().__init__(window)
        fields = within.findChildren(QAbstractScrollArea)
        for widget in (window, *(field.viewport() for field in fields)):
            widget.setAcceptDrops(True)
            widget.installEventFilter(self)
        for field in fields:
            field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if _is_paste_of_a_picture(event):
            event.ignore()  # a text field would keep the keys, although it cannot take a file
            return True
        if isinstance(event, QDropEvent):  # entering and moving are kinds of it
            path = picture_in(event.mimeData())
            if path is None:
                return False
            event.acceptProposedAction()
            if not isinstance(event, QDragMoveEvent):
                self.dropped.emit(path)
            return True
        return super().eventFilter(watched, event)


def picture_in(data: QMimeData) -> Path | None:
    """The first picture file among what was dropped or copied."""
    for url in data.urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and path.suffix.lower() in SUFFIXES:
            return path
    return None


def _is_paste_of_a_picture(event: QEvent) -> bool:
    return (
        isinstance(event, QKeyEvent)
        and event.type() is QEvent.Type.ShortcutOverride
        and event.matches(QKeySequence.StandardKey.Paste)
        and picture_in(QGuiApplication.clipboard().mimeData()) is not None
    )
