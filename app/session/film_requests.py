"""Asks the worker for true pictures of frames, and for films from the disk."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.session.engine_tasks import EngineTasks
from app.session.run import DecodedFrame, FrameRequest
from app.session.worker_thread import WorkerThread
from core.film.film import Film, Frame
from core.recipes.recipe import Stage

LOOK = "look"
"""The kind of task that decodes the frame one looks at."""


class FilmRequests(QObject):
    """Part of the session; all methods return at once.

    Attributes:
        records_attention: whether the next run records where its words act, because somebody looks at that.

    Signals:
        decoded: a `DecodedFrame`, of the frame that was looked at last.
        opened: an `OpenedFilm`.
    """

    decoded = Signal(object)
    opened = Signal(object)

    def __init__(self, thread: WorkerThread, engine_tasks: EngineTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = thread
        self._engine_tasks = engine_tasks
        self.records_attention = False
        thread.worker.film_opened.connect(self.opened)

    def look_at(self, look: FrameRequest | None) -> None:
        """Asks for a full decode of a frame; a newer wish replaces an older one, None takes it back."""
        if look is None:
            self._engine_tasks.withdraw(LOOK)
        else:
            film, frame = look.film, look.frame
            self._engine_tasks.ask(
                LOOK,
                lambda engine: DecodedFrame(frame, engine.decode(film, frame.denoised)),
                self.decoded.emit,
            )

    def keep(self, film: Film, frame: Frame, stage: Stage) -> None:
        """Saves a frame as a picture: what the model believed in, or what it saw."""
        self._thread.keep.emit(FrameRequest(film, frame, stage))

    def open(self, path: Path) -> None:
        """Reads a film from the disk; ``opened``, or the session's ``failed``, follows."""
        self._thread.open_film.emit(path)
