"""Writes films and pictures beside the run, in a thread for each: the engine need not wait for the disk."""

from collections.abc import Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.messages.errors import Message
from app.session.attempt import Attempt
from app.session.run import SavedPicture, SavePicture, UnsavedPicture
from app.session.write_thread import WriteThread
from core.film.film import Film
from core.pictures.picture import GeneratedImage
from core.runs.events import Event, ImageReady, Started
from core.runs.recorder import FilmRecorder


class Writing(QObject):
    """Part of the worker, in whose thread its methods are called.

    Attributes:
        is_saving: a picture is being written, or waits for that; may be asked from any thread.

    Signals:
        saved: a `SavedPicture`. enlarged: one that was made of an older picture, without a film of its own.
        not_saved: an `UnsavedPicture`. The run may have ended before.
        failed: the `Message` of a film that could not be kept.
    """

    saved = Signal(object)
    enlarged = Signal(object)
    not_saved = Signal(object)
    failed = Signal(object)

    def __init__(
        self, save: SavePicture, recorder: FilmRecorder | None, attempt: Attempt, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._save_picture = save
        self._recorder = recorder
        self._attempt = attempt
        self._films = WriteThread("films")
        self._pictures = WriteThread("pictures")

    @property
    def is_saving(self) -> bool:
        return self._pictures.is_busy

    def recorded(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        """Passes a run's events on, while its films are written. Closing it closes ``events``."""
        recorder = self._recorder
        if recorder is None:
            yield from events
            return
        is_finished = True
        try:
            for event in events:
                if isinstance(event, Started | ImageReady):
                    is_finished = isinstance(event, ImageReady)
                self._films.put(partial(recorder.follow, event))
                yield event
        finally:
            events.close()
            self._films.put(recorder.end)
            if not is_finished:
                self._films.wait()  # what was stopped can be taken up, kept or removed at once

    def save(self, image: GeneratedImage, film: Film | None, folder: Path | None) -> None:
        """Has a picture written, with its film beside it; ``folder`` as in `SavePicture`."""
        self._pictures.put(partial(self._write, image, film, folder))

    def close(self) -> None:
        """Ends both threads after all that is to be written."""
        self._pictures.close()
        self._films.close()

    def _write(self, image: GeneratedImage, film: Film | None, folder: Path | None) -> None:
        """In the pictures' thread."""
        match self._attempt(lambda: self._save_picture(image, film, folder)):
            case Message() as text:
                self.not_saved.emit(UnsavedPicture(image, film, text))
            case path if film is None:
                self.enlarged.emit(SavedPicture(path, image))
            case path:
                self._put_film_beside(image.recipe.run, path)
                self.saved.emit(SavedPicture(path, image))

    def _put_film_beside(self, run: str, path: Path) -> None:
        recorder = self._recorder
        if recorder is None:
            return
        problem = self._attempt(lambda: self._films.call(lambda: recorder.put_beside(run, path)))
        if isinstance(problem, Message):
            self.failed.emit(problem)
