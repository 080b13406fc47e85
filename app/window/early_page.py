"""Builds a page of the window early: building it at its first opening would hold up a picture's previews."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.session.run import RunState
from app.session.session import Session
from app.window.pages import Page


class EarlyPage(QObject):
    """Builds a page once the engine is made and nothing runs; what it imports is imported in a thread before."""

    def __init__(self, page: Page[Any], modules: Sequence[str], session: Session) -> None:
        """``modules`` are those that building the page imports."""
        super().__init__(session)
        self._page, self._modules, self._session = page, tuple(modules), session
        self._queue = session.background.queue(self, "early pages")
        session.device.changed.connect(self._import)
        if session.device.chosen is not None:
            self._import()

    @Slot()
    def _import(self) -> None:
        self._session.device.changed.disconnect(self._import)
        self._queue.submit(lambda: [import_module(name) for name in self._modules], self._wait)

    def _wait(self, _imported: object) -> None:
        self._session.state_changed.connect(self._build)
        self._build(self._session.state)

    @Slot(object)
    def _build(self, state: RunState) -> None:
        if state is RunState.idle:
            self._session.state_changed.disconnect(self._build)
            if not self._queue.is_closing:
                self._page.build()
