"""Looks for a newer version in a thread of its own, when the user asks and never else."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThreadPool, Signal


class UpdateCheck(QObject):
    """Signals:
    told: a `core.downloads.updates.UpdateInfo`, also when nothing could be found out.
    """

    told = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def ask(self, address: str) -> None:
        """Reads the announcement there."""

        def work() -> None:
            from core.downloads.updates import check  # imports what speaks to the network: only for this

            self.told.emit(check(address))

        self._pool.start(work)

    def close(self) -> None:
        """Waits for the answer, some seconds at most."""
        self._pool.clear()
        self._pool.waitForDone()
