"""The desk where films are looked at: asks the worker for true pictures of frames, and for films from the disk."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.session.engine_tasks import Errands
from app.session.run import DecodedFrame, Look
from app.session.worker_thread import WorkerThread
from core.film.film import Film, Frame
from core.pictures.picture import Stage

LOOK = "look"
"""The kind of errand that decodes the frame one looks at."""


class FilmDesk(QObject):
    """Part of the studio; all methods return at once.

    Attributes:
        records_attention: whether the next run records where its words act, because somebody looks at that.

    Signals:
        decoded: a `DecodedFrame`, of the frame that was looked at last.
        opened: an `OpenedFilm`.
    """

    decoded = Signal(object)
    opened = Signal(object)

    def __init__(self, thread: WorkerThread, errands: Errands, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = thread
        self._errands = errands
        self.records_attention = False
        thread.worker.film_opened.connect(self.opened)

    def look_at(self, look: Look | None) -> None:
        """Asks for a full decode of a frame; a newer wish replaces an older one, None takes it back."""
        if look is None:
            self._errands.withdraw(LOOK)
        else:
            film, frame = look.film, look.frame
            self._errands.ask(
                LOOK,
                lambda engine: DecodedFrame(frame, engine.decode(film, frame.denoised)),
                self.decoded.emit,
            )

    def keep(self, film: Film, frame: Frame, stage: Stage) -> None:
        """Saves a frame as a picture: what the model believed in, or what it saw."""
        self._thread.keep.emit(Look(film, frame, stage))

    def open(self, path: Path) -> None:
        """Reads a film from the disk; ``opened``, or the studio's ``failed``, follows."""
        self._thread.open_film.emit(path)
