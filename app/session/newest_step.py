"""Tells of a run's steps as often as a person can see them: fast models make more than a hundred in a second."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.runs.events import Stepped

REST_MS = 100
LONGEST_REST_MS = 500

REST_PER_WORK = 10
"""Showing steps takes no more than a tenth of the thread's time, from the processors and from the lock that the
engine's thread needs."""


class NewestStep(QObject):
    """Passes a step on, then rests, then passes on the newest of those that came meanwhile.

    Signals:
        shown: a `Stepped`.
    """

    shown = Signal(object)

    def __init__(self, parent: QObject, clock: Callable[[], float] = time.thread_time) -> None:
        """``clock`` tells the seconds that this thread has worked."""
        super().__init__(parent)
        self._clock = clock
        self._worked = 0.0
        self._waiting: Stepped | None = None
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._on_rested)

    @Slot(object)
    def take(self, stepped: Stepped) -> None:
        self._waiting = stepped
        if not self._rest.isActive():
            self.show()

    def show(self) -> None:
        """Passes the step on that waits, if there is one: what comes after it must not be shown before it."""
        stepped, self._waiting = self._waiting, None
        if stepped is not None:
            self._worked = self._clock()
            self._rest.start(REST_MS)
            self.shown.emit(stepped)

    @Slot()
    def _on_rested(self) -> None:
        """By now the step has been painted, and what that took is known."""
        due_ms = min((self._clock() - self._worked) * 1000 * REST_PER_WORK, LONGEST_REST_MS)
        if self._rest.interval() == REST_MS < due_ms:
            self._rest.start(round(due_ms) - REST_MS + 1)
        else:
            self.show()
