"""Builds a page of the window early: building it at its first opening would hold up a picture's previews."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

from app.session.run import RunState
from app.session.session import Session
from app.window.pages import Page

AFTER_MS = 500
"""Nothing must have run for so long: the picture of the run that has ended is shown first."""


class EarlyPage(QObject):
    """Builds a page once the engine is made and nothing runs; what it imports is imported in a thread before."""

    def __init__(self, page: Page[Any], modules: Sequence[str], session: Session) -> None:
        """``modules`` are those that building the page imports."""
        super().__init__(session)
        self._page, self._modules, self._session = page, tuple(modules), session
        self._queue = session.background.queue(self, "early pages")
        self._timer = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._timer.timeout.connect(self._import)
        session.device.changed.connect(self._begin)
        if session.device.chosen is not None:
            self._begin()

    @Slot()
    def _begin(self) -> None:
        self._session.device.changed.disconnect(self._begin)
        self._session.state_changed.connect(self._look)
        self._look(self._session.state)

    @Slot(object)
    def _look(self, state: RunState) -> None:
        if state is RunState.idle and not self._page.is_built:
            self._timer.start()
        else:
            self._timer.stop()

    @Slot()
    def _import(self) -> None:
        self._queue.submit(lambda: [import_module(name) for name in self._modules], self._build)

    def _build(self, _imported: object) -> None:
        if self._session.state is RunState.idle and not self._queue.is_closing:  # else after the next run
            self._page.build()
