"""Runs what would hold up the window in background threads, and brings the answers back to the window's thread.

Only this and the engine's worker own threads.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from queue import PriorityQueue
from typing import Any, TypeVar

from PySide6.QtCore import QDeadlineTimer, QObject, QThreadPool, Signal, Slot
from shiboken6 import Shiboken

from app.messages.errors import message
from core.errors import EmulsionError, UnforeseenFailure

log = logging.getLogger(__name__)

LAST = -1
"""The priority of what ends a queue."""

CLOSE_WITHIN_MS = 3500
KEEP_WITHIN_MS = 120_000
"""A picture that is being written onto a slow disk is waited for so long; a drive that hangs is not."""

LOOK_AGAIN_MS = 20

Item = TypeVar("Item")
Result = TypeVar("Result")


class BackgroundTasks(QObject):
    """Owns all threads but the engine's. Close it at the end.

    Attributes:
        is_closing: only what must be kept is still done.

    Signals:
        closing_begun: emitted first at the end: work that waits for something else must be ended now.
        failed: the `Message` of an unforeseen error in work whose asker takes no failure.
    """

    closing_begun = Signal()
    failed = Signal(object)
    _told = Signal(object, object)
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_closing = False
        self._is_closed = False
        self._pools: dict[str, QThreadPool] = {}
        self._waiting: dict[str, PriorityQueue[tuple[int, int, _Task]]] = {}
        self._count = count()
        self._tasks: set[_Task] = set()
        self._last: list[tuple[TaskQueue, Callable[[], object]]] = []
        self._told.connect(self._on_told)
        self._ended.connect(self._on_ended)

    def queue(self, owner: QObject, name: str, threads: int = 1) -> TaskQueue:
        """Returns a queue for the work of ``owner``; queues of one name share their threads."""
        if name not in self._pools:
            self._pools[name] = QThreadPool(self, maxThreadCount=threads)
            self._pools[name].setObjectName(name)
            self._waiting[name] = PriorityQueue()
        return TaskQueue(self, owner, name)

    def start(self, name: str, task: _Task, priority: int) -> None:
        """Part of `TaskQueue`."""
        if not self._is_closed:
            self._tasks.add(task)
            waiting = self._waiting[name]
            waiting.put((-priority, next(self._count), task))
            # not a QRunnable made by Python: the pool and Python would both free it, and the program crashes.
            # Without the pool's own priority: it forgets that of a task for which a thread is idle, and the tasks
            # after it came first.
            self._pools[name].start(lambda: self._run(waiting.get_nowait()[-1]))

    def end_with(self, queue: TaskQueue, work: Callable[[], object]) -> None:
        """Part of `TaskQueue`."""
        self._last.append((queue, work))

    def follow(self, task: _Task, steps: Callable[[], Generator[Any, None, Any]]) -> object:
        """Part of `TaskQueue`; goes through a generator in a background thread."""
        with closing(steps()) as items:
            while not self.is_closing and not task.is_cancelled:
                try:
                    item = next(items)
                except StopIteration as end:
                    return end.value
                if task.told is not None:
                    self._told.emit(task, item)
        return None

    def close(self, deadline: QDeadlineTimer | None = None) -> bool:
        """Drops what waits, ends what goes step by step, and waits for the rest, a while only; says if it ended.

        What must be kept is waited for longer: nothing that is being saved is lost.
        """
        if self._is_closed:
            return True
        self.is_closing = True
        self.closing_begun.emit()
        for queue, work in self._last:
            queue.submit(work, priority=LAST, is_kept=True)
        self._last.clear()
        deadline = deadline or QDeadlineTimer(CLOSE_WITHIN_MS)
        kept_deadline = QDeadlineTimer(KEEP_WITHIN_MS)
        while not all(pool.waitForDone(LOOK_AGAIN_MS) for pool in self._pools.values()):
            has_kept = any(task.is_kept and not task.is_over for task in tuple(self._tasks))
            if (kept_deadline if has_kept else deadline).hasExpired():
                log.warning("background tasks are still busy at the end")
                return False
        self._is_closed = True
        return True

    def _run(self, task: _Task) -> None:
        """In a background thread, which must not be the last to hold what belongs to a widget.

        So the task has all that it works with, until the window's thread has taken its result.
        """
        try:
            if task.is_kept or not (self.is_closing or task.is_cancelled):
                task.result = task.work()
        except EmulsionError as error:
            task.problem = error
            if self.is_closing and task.is_kept:  # nobody hears of it any more
                log.warning("%s", error)
        except Exception:  # the end of a thread: the asker hears of it, the log has it
            log.exception("a background task failed")
            task.problem = UnforeseenFailure()
        task.is_over = True
        self._ended.emit(task)

    @Slot(object, object)
    def _on_told(self, task: _Task, item: object) -> None:
        if task.told is not None and self._is_wanted(task):
            task.told(item)

    @Slot(object)
    def _on_ended(self, task: _Task) -> None:
        self._tasks.discard(task)
        result, problem, answer, refuse = task.result, task.problem, task.answer, task.refuse
        task.let_go()
        if not self._is_wanted(task):
            return
        if problem is None and answer is not None:
            answer(result)
        elif problem is not None and refuse is not None:
            refuse(problem)
        elif isinstance(problem, UnforeseenFailure):
            self.failed.emit(message(problem))
        elif problem is not None:
            log.info("%s", problem)

    def _is_wanted(self, task: _Task) -> bool:
        owner = task.queue.owner()
        return not (self.is_closing or task.is_cancelled) and owner is not None and Shiboken.isValid(owner)


class TaskQueue:
    """Takes the work of one owner; it begins in the order in which it was submitted, unless priorities differ.

    All callbacks are called in the window's thread, and none once the owner is gone or the window closes.

    Attributes:
        turn: counts how often everything was cancelled.
    """

    def __init__(self, background: BackgroundTasks, owner: QObject, name: str) -> None:
        self.owner = weakref.ref(owner)
        self.turn = 0
        self._background = background
        self._name = name

    @property
    def is_closing(self) -> bool:
        return self._background.is_closing

    def submit(
        self,
        work: Callable[[], Result],
        answer: Callable[[Result], object] | None = None,
        refuse: Callable[[EmulsionError], object] | None = None,
        *,
        priority: int = 0,
        is_kept: bool = False,
    ) -> None:
        """Calls back with the result of ``work``, or with its error, an `UnforeseenFailure` if it is not typed.

        Without a ``refuse`` errors are logged, and unforeseen ones told by `BackgroundTasks.failed`.
        ``is_kept``: it is also done when the window closes or the queue is cancelled.
        """
        self._background.start(self._name, _Task(self, self.turn, work, answer, refuse, is_kept=is_kept), priority)

    def follow(
        self,
        steps: Callable[[], Generator[Item, None, Result]],
        told: Callable[[Item], object] | None = None,
        answer: Callable[[Result], object] | None = None,
        refuse: Callable[[EmulsionError], object] | None = None,
        *,
        priority: int = 0,
    ) -> None:
        """Runs a generator: ``told`` gets its items, ``answer`` its result. It can end at each item."""
        task = _Task(self, self.turn, _nothing, answer, refuse, told)
        task.work = partial(self._background.follow, task, steps)
        self._background.start(self._name, task, priority)

    def end_with(self, work: Callable[[], object]) -> None:
        """Has ``work`` done when the window closes, after all that must be kept."""
        self._background.end_with(self, work)

    def cancel(self) -> None:
        """Drops what was submitted so far; work in progress ends at its next step, and nobody is called back."""
        self.turn += 1


@dataclass(slots=True, eq=False)
class _Task:
    queue: TaskQueue
    turn: int
    work: Callable[[], object]
    answer: Callable[[Any], object] | None
    refuse: Callable[[EmulsionError], object] | None
    told: Callable[[Any], object] | None = None
    is_kept: bool = False
    is_over: bool = False
    result: object = None
    problem: EmulsionError | None = None

    def let_go(self) -> None:
        """Drops all that may belong to a widget."""
        self.work, self.answer, self.refuse, self.told = _nothing, None, None, None
        self.result = self.problem = None

    @property
    def is_cancelled(self) -> bool:
        return self.turn != self.queue.turn


def _nothing() -> None:
    """The work of a task that is over."""
