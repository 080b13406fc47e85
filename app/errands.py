"""Errands: what views ask of the engine beside its runs, such as a true picture of a frame.

An errand is a call that gets the engine, in the worker's thread; its answer comes back in the window's. Of each
kind the newest is wanted only: who drags a slider asks far more often than the engine can answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Slot

from app.run import Engine, Errand
from app.worker_thread import WorkerThread

Result = TypeVar("Result")


class Errands(QObject):
    """Part of the studio: all methods return at once and are called in the window's thread."""

    def __init__(self, thread: WorkerThread, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = thread
        thread.worker.done.connect(self._deliver)
        self._newest: dict[str, tuple[Errand, Callable[[Any], None]]] = {}

    def ask(self, kind: str, work: Callable[[Engine], Result], answer: Callable[[Result], None]) -> None:
        """Has ``work`` done, and calls ``answer`` with its result unless a newer errand of this kind came.

        An error of the work reaches the user by the studio's ``failed``; ``answer`` is not called then.
        """
        errand = Errand(kind, work)
        self._newest[kind] = errand, answer
        self._thread.do.emit(errand)

    def withdraw(self, kind: str) -> None:
        """Nobody waits for this kind's answer any more."""
        if self._newest.pop(kind, None) is not None:
            self._thread.leave.emit(kind)

    @Slot(object, object)
    def _deliver(self, errand: Errand, result: object) -> None:
        newest = self._newest.get(errand.kind)
        if newest is not None and newest[0] is errand:
            del self._newest[errand.kind]
            newest[1](result)
