"""The one way in which views ask the engine beside the runs, such as for a true picture of a frame.

A task is an operation. It is carried out in the thread of a worker whose place has its model, between two events
of a run, and answered in the window's. The newest of each kind is wanted only: who drags a slider asks more often
than the engine can answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import Shiboken

from app.messages.errors import Message
from app.session.engine_pool import EnginePool
from app.session.run import SAVING, EngineTask
from app.session.runner import Runner
from app.session.worker_thread import WorkerThread
from core.runs.events import Event, Finished
from core.runs.operations import Operation

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class _Submitted:
    task: EngineTask
    thread: WorkerThread
    on_result: Callable[[Any], None] | None
    on_failure: Callable[[Message], None]
    on_event: Callable[[Event], None] | None


class EngineTasks(QObject):
    """Part of the session: all methods return at once and are called in the window's thread.

    Signals:
        failed: the `Message` of a task whose asker does not show it.
    """

    failed = Signal(object)

    def __init__(self, pool: EnginePool, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = pool
        self._asked = WeakSet[WorkerThread]()
        self._newest: dict[str, _Submitted] = {}
        pool.left.connect(self._on_left)

    def submit(
        self,
        kind: str,
        operation: Operation[Result],
        on_result: Callable[[Result], None] | None = None,
        on_failure: Callable[[Message], None] | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Has an operation carried out, in the place of an earlier one of this kind, also one that has begun.

        ``on_event`` gets all events but the result. A failure goes to ``on_failure``, or to the signal ``failed``.
        Pictures that the operation makes are saved. An object that is deleted meanwhile is told nothing.
        """
        task, thread = EngineTask(kind, operation), self._pool.thread_for(operation)
        if (before := self._newest.get(kind)) is not None and before.thread is not thread:
            before.thread.submit.emit(kind, None)
        if thread not in self._asked:
            self._asked.add(thread)
            thread.worker.task_happened.connect(self._on_task_happened)
            thread.worker.task_ended.connect(self._on_task_ended)
        self._newest[kind] = _Submitted(task, thread, on_result, on_failure or self.failed.emit, on_event)
        thread.submit.emit(kind, task)

    def withdraw(self, kind: str) -> None:
        """Stops the operation of this kind; nothing more is told of it."""
        if (asked := self._newest.pop(kind, None)) is not None:
            asked.thread.submit.emit(kind, None)

    def close(self) -> bool:
        """At the program's end: nothing more is told of anything. Says whether a picture was still to be saved."""
        is_saving = any(isinstance(asked.task.operation, SAVING) for asked in self._newest.values())
        self._newest.clear()
        return is_saving

    @Slot(object)
    def _on_left(self, runner: Runner) -> None:
        """Has what an engine has left undone begun anew in another place."""
        for kind, asked in tuple(self._newest.items()):
            if asked.thread is runner.worker_thread:
                self.submit(kind, asked.task.operation, asked.on_result, asked.on_failure, asked.on_event)

    @Slot(object, object)
    def _on_task_happened(self, task: EngineTask, event: Event) -> None:
        submitted = self._newest.get(task.kind)
        if submitted is None or submitted.task is not task:
            return
        if isinstance(event, Finished):
            del self._newest[task.kind]
            _tell(submitted.on_result, event.result)
        else:
            _tell(submitted.on_event, event)

    @Slot(object, object)
    def _on_task_ended(self, task: EngineTask, problem: Message | None) -> None:
        submitted = self._newest.get(task.kind)
        if submitted is not None and submitted.task is task:
            del self._newest[task.kind]
            if problem is not None:
                _tell(submitted.on_failure, problem)


def _tell(callback: Callable[[Any], None] | None, value: object) -> None:
    """Calls back, unless there is nobody, or the object that the method belongs to has been deleted."""
    method = callback
    while isinstance(method, partial):
        method = method.func
    owner = getattr(method, "__self__", None)
    if callback is not None and not (isinstance(owner, QObject) and not Shiboken.isValid(owner)):
        callback(value)
