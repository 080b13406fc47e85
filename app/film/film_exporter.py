"""Exports a film while the window goes on: the worker makes its pictures, a background thread writes the file."""

import queue
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.film.export_choices import ExportChoices
from app.messages.errors import Message, message
from app.session.background import BackgroundTasks
from app.session.engine_tasks import EngineTasks
from core.errors import EmulsionError
from core.film.film import Film
from core.film_export.export import ExportOptions, Progress, export
from core.film_export.pictures import CaptionedPicture, ExportFrame

EXPORT = "export"


class _Cancelled(Exception):
    """Ends the writing from among its pictures."""


class FilmExporter(QObject):
    """One export at a time. The worker decodes one picture between two steps of a run, so neither waits long.

    Signals:
        advanced: `core.film_export.export.Progress`.
        finished: the path of the file.
        failed: a `Message`; nothing is left of the file, and an older one of that name is as it was.
        cancelled
    """

    advanced = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, engine_tasks: EngineTasks, background: BackgroundTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._engine_tasks = engine_tasks
        self._tasks = background.queue(self, "film export")
        self._pictures: queue.SimpleQueue[CaptionedPicture | None] = queue.SimpleQueue()
        self._film: Film | None = None
        self._choices = ExportChoices()
        background.closing_begun.connect(self.cancel)

    @property
    def is_busy(self) -> bool:
        return self._film is not None

    def begin(self, film: Film, choices: ExportChoices, options: ExportOptions) -> None:
        """``film`` has frames; the exporter is not busy."""
        self._film = film
        self._choices = choices
        self._pictures = queue.SimpleQueue()
        write = partial(_write, self._pictures, len(film.frames), options)
        self._tasks.follow(write, self._on_written, self._on_ended, self._on_failed)
        self._ask(0)

    @Slot()
    def cancel(self) -> None:
        """``cancelled`` follows; nothing when the exporter is not busy."""
        if self._film is not None:
            self._engine_tasks.withdraw(EXPORT)
            self._pictures.put(None)

    def _ask(self, call: int) -> None:
        film, choices = self._film, self._choices
        if film is None:
            return
        operation = ExportFrame(film, film.frames[call], choices.views, choices.is_decoded)
        self._engine_tasks.submit(EXPORT, operation, self._pictures.put, self._refuse)

    def _refuse(self, text: Message) -> None:
        self._tasks.cancel()
        self._pictures.put(None)
        self._film = None
        self.failed.emit(text)

    def _on_written(self, progress: Progress) -> None:
        self.advanced.emit(progress)
        if progress.done < progress.total:
            self._ask(progress.done)

    def _on_ended(self, path: Path | None) -> None:
        self._film = None
        if path is None:
            self.cancelled.emit()
        else:
            self.finished.emit(path)

    def _on_failed(self, error: EmulsionError) -> None:
        self._film = None
        self._engine_tasks.withdraw(EXPORT)
        self.failed.emit(message(error))


def _write(
    pictures: queue.SimpleQueue[CaptionedPicture | None], total: int, options: ExportOptions
) -> Generator[Progress, None, Path | None]:
    """Returns the path of the file, None if it was cancelled."""

    def received() -> Iterator[CaptionedPicture]:
        for _ in range(total):
            picture = pictures.get()
            if picture is None:
                raise _Cancelled
            yield picture

    writing: Generator[Progress, None, None] = export(received(), total, options)
    try:
        with closing(writing):
            yield from writing
    except _Cancelled:
        return None
    return options.path
