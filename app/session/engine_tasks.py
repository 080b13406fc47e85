"""Tasks: what views ask of the engine beside its runs, such as a true picture of a frame.

An task is a call that gets the engine, in the worker's thread; its answer comes back in the window's. Of each
kind the newest is wanted only: who drags a slider asks far more often than the engine can answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import Message
from app.session.run import Engine, EngineTask
from app.session.worker_thread import WorkerThread

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    task: EngineTask
    answer: Callable[[Any], None]
    refuse: Callable[[Message], None]


class EngineTasks(QObject):
    """Part of the session: all methods return at once and are called in the window's thread.

    Signals:
        failed: the `Message` of an task whose asker does not show it itself.
    """

    failed = Signal(object)

    def __init__(self, thread: WorkerThread, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = thread
        thread.worker.done.connect(self._deliver)
        thread.worker.not_done.connect(self._refuse)
        self._newest: dict[str, _Asked] = {}

    def ask(
        self,
        kind: str,
        work: Callable[[Engine], Result],
        answer: Callable[[Result], None],
        refuse: Callable[[Message], None] | None = None,
    ) -> None:
        """Has ``work`` done, and calls ``answer`` with its result unless a newer task of this kind came.

        When the work fails, ``refuse`` is told why, or ``failed`` tells everybody.
        """
        task = EngineTask(kind, work)
        self._newest[kind] = _Asked(task, answer, refuse or self.failed.emit)
        self._thread.do.emit(task)

    def withdraw(self, kind: str) -> None:
        """Nobody waits for this kind's answer any more."""
        if self._newest.pop(kind, None) is not None:
            self._thread.leave.emit(kind)

    def renew_engine(self) -> None:
        """The next run begins with a new engine, made with what the settings say then."""
        self._thread.renew.emit()

    @Slot(object, object)
    def _deliver(self, task: EngineTask, result: object) -> None:
        if (asked := self._take(task)) is not None:
            asked.answer(result)

    @Slot(object, object)
    def _refuse(self, task: EngineTask, text: Message) -> None:
        if (asked := self._take(task)) is not None:
            asked.refuse(text)

    def _take(self, task: EngineTask) -> _Asked | None:
        asked = self._newest.get(task.kind)
        if asked is None or asked.task is not task:
            return None
        return self._newest.pop(task.kind)
