"""The operations that wait for the run in progress to end."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.runs.operations import Operation


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """An operation that waits.

    ``id`` is never used twice while the program runs; ``hold_after`` as in `app.session.run.Run`.
    """

    id: int
    operation: Operation[Any]
    hold_after: int | None = None


class RunQueue(QObject):
    """First in, first out.

    Attributes:
        runs: those that wait, the next one first.

    Signals:
        changed: ``runs`` has changed.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[QueuedRun, ...] = ()
        self._last_id = 0

    def add(self, operation: Operation[Any], hold_after: int | None = None) -> QueuedRun:
        self._last_id += 1
        run = QueuedRun(self._last_id, operation, hold_after)
        self._set((*self.runs, run))
        return run

    def take(self) -> QueuedRun | None:
        """Returns the next run, removed from the queue; None from an empty one."""
        if not self.runs:
            return None
        first, *rest = self.runs
        self._set(tuple(rest))
        return first

    def remove(self, run_id: int) -> None:
        """Forgets a run; one that has begun meanwhile is left alone."""
        self._set(tuple(run for run in self.runs if run.id != run_id))

    def clear(self) -> None:
        self._set(())

    def _set(self, runs: tuple[QueuedRun, ...]) -> None:
        if runs != self.runs:
            self.runs = runs
            self.changed.emit()
