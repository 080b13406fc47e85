"""Looks for models without holding up the window: what has to be read from new files is read in a thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThreadPool, Signal

from core.models.catalogue import Catalogue, Model


class ModelDiscovery(QObject):
    """The session's `ModelSource`. Call `finish` at the end.

    Signals:
        learned: files that were new are known now: look again. Emitted in another thread.
    """

    learned = Signal()

    def __init__(self, catalogue: Catalogue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self._has_just_learned = False
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)

    def models(self) -> tuple[Model, ...]:
        """Those that are known at once; others follow by ``learned``."""
        models, has_more = self._catalogue.remembered()
        if has_more and not self._has_just_learned:
            self._pool.start(self._learn)
        self._has_just_learned = False  # a file that is being written stays new: it waits for the next look
        return models

    def finish(self) -> None:
        self._pool.waitForDone()

    def _learn(self) -> None:
        """In a thread of the pool."""
        self._catalogue.models()
        self._has_just_learned = True
        self.learned.emit()
