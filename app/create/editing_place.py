"""The base of the editors that take the place of the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from app.create.page import CreatePage
from app.messages.errors import message
from app.session.session import Session
from core.errors import EmulsionError

Opened = TypeVar("Opened")


class EditingPlace(QObject):
    """Part of the page *Create*: reads in the background what is to be edited.

    Signals:
        failed: a `Message`.
    """

    failed = Signal(object)

    def __init__(self, create: CreatePage, session: Session, tasks: str) -> None:
        """``tasks`` is the name of the queue in which files are read."""
        super().__init__(create)
        self._create = create
        self._session = session
        self._tasks = session.background.queue(self, tasks)

    def _begin(self, read: Callable[[], Opened], show: Callable[[Opened], object]) -> None:
        """Reads what is to be edited, in the place of what was asked for before, and shows it."""
        self._tasks.cancel()
        self._tasks.submit(read, show, self._on_unreadable)

    def _on_unreadable(self, error: EmulsionError) -> None:
        self.failed.emit(message(error))

    def _focus_canvas(self) -> None:
        self._create.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
