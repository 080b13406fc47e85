"""Collects Python's garbage in the thread of the window.

Python looks for cycles of garbage in whatever thread allocates. There it would also free Qt's objects, which
belong to the thread of the window: freed in another one they block the program for good, or crash it.
"""

import gc
from threading import Event

from PySide6.QtCore import QObject, QTimer, Signal, Slot

LOOK_MS = 500
WAIT_S = 1.0


class GarbageCollector(QObject):
    """Takes the place of Python's automatic search; lives in the thread of the window."""

    _asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._is_closing = False
        self._asked.connect(self._collect_all)
        timer = QTimer(self, interval=LOOK_MS)
        timer.timeout.connect(collect_due)
        timer.start()

    def collect(self) -> None:
        """Has all garbage freed, from any thread, and waits for that, a second at most: a window may be busy."""
        if not self._is_closing:
            done = Event()
            self._asked.emit(done)
            done.wait(WAIT_S)

    @Slot()
    def close(self) -> None:
        """Lets nobody wait any more: the program ends, and all memory with it."""
        self._is_closing = True

    @Slot(object)
    def _collect_all(self, done: Event) -> None:
        gc.collect()
        done.set()


def collect_due() -> None:
    """Searches the generations that Python would search now; none while `kept_for_good` has things made."""
    if not gc.get_threshold()[0]:
        return
    counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
    due = [generation for generation, (count, limit) in enumerate(counts) if count > limit]
    if due:
        gc.collect(due[-1])
