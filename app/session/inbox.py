"""Brings what a worker tells of its run into the window's thread: steps as often as a person can see them.

Fast models make more than a hundred steps in a second. Each one that wakes the window's thread takes a processor
from the engine, and the interpreter's lock from its thread.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.messages.errors import Message
from app.session.run import Ending, WorkerState
from core.runs.events import Event, Stepped

REST_MS = 100
LONGEST_REST_MS = 500

REST_PER_WORK = 20
"""Showing steps takes no more than a twentieth of the thread's time."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last word about a run."""

    ending: Ending
    problem: Message | None


class Inbox(QObject):
    """Lives in the window's thread. After a step it rests, then hands on all those that came meanwhile.

    Signals:
        came: an `Event`, a `WorkerState` or an `Ended`, in their order.
        shown: the last one of the `Stepped` that came together, after ``came`` and before what follows it.
    """

    came = Signal(object)
    shown = Signal(object)
    _woken = Signal()

    def __init__(self, parent: QObject, clock: Callable[[], float] = time.thread_time) -> None:
        """``clock`` tells the seconds that this thread has worked."""
        super().__init__(parent)
        self._clock = clock
        self._worked = 0.0
        self._waiting = deque[Event | WorkerState | Ended]()
        self._unseen: Stepped | None = None
        self._is_resting = self._is_prolonged = False
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._on_rested)
        self._woken.connect(self._deliver)

    @Slot(object)
    def put(self, told: Event | WorkerState | Ended) -> None:
        """Takes what is told, from any thread. A step may wait until the rest ends, or something else is told."""
        self._waiting.append(told)
        if not (self._is_resting and isinstance(told, Stepped)):
            self._woken.emit()

    @Slot(object, object)
    def end(self, ending: Ending, problem: Message | None) -> None:
        """Takes the end of a run, as `put` does."""
        self.put(Ended(ending, problem))

    @Slot()
    def _deliver(self) -> None:
        """Hands on the steps that wait, and one thing after them: each of those has woken this thread itself."""
        began = self._clock()
        for _ in range(len(self._waiting)):
            if not self._waiting:
                break  # they were delivered in an event loop inside of this one
            told = self._waiting.popleft()
            if isinstance(told, Stepped):
                self._unseen = told
                self.came.emit(told)
            else:
                self._show(began)
                self.came.emit(told)
                return
        self._show(began)

    def _show(self, began: float) -> None:
        stepped, self._unseen = self._unseen, None
        if stepped is not None:
            self._is_resting, self._is_prolonged, self._worked = True, False, began
            self._rest.start(REST_MS)
            self.shown.emit(stepped)

    @Slot()
    def _on_rested(self) -> None:
        """By now the step has been painted, and what that took is known."""
        due_ms = min((self._clock() - self._worked) * 1000 * REST_PER_WORK, LONGEST_REST_MS)
        if due_ms > REST_MS and not self._is_prolonged:
            self._is_prolonged = True
            self._rest.start(round(due_ms) - REST_MS + 1)
        else:
            self._is_resting = False  # first: what is told from here on wakes this thread
            self._deliver()
