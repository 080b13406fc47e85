"""Exports a film while the window goes on: the worker makes its pictures, a thread of its own writes the file."""

from __future__ import annotations

import queue
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from app.film.export_choices import ExportChoices
from app.messages.errors import Message, message
from app.session.engine_tasks import EngineTasks
from app.session.run import Engine
from core.errors import EmulsionError
from core.film.film import Film
from core.film_export.export import ExportOptions, Progress, export
from core.film_export.pictures import CaptionedPicture, Decode, export_frames

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
    _written = Signal(object, object)
    _ended = Signal(object, object)

    def __init__(self, engine_tasks: EngineTasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine_tasks = engine_tasks
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._pictures: queue.SimpleQueue[CaptionedPicture | None] = queue.SimpleQueue()
        self._film: Film | None = None
        self._choices = ExportChoices()
        self._written.connect(self._advance)
        self._ended.connect(self._end)

    @property
    def is_busy(self) -> bool:
        return self._film is not None

    def begin(self, film: Film, choices: ExportChoices, options: ExportOptions) -> None:
        """``film`` has frames; the exporter is not busy."""
        self._film = film
        self._choices = choices
        self._pictures = queue.SimpleQueue()
        pictures, total = self._pictures, len(film.frames)
        self._pool.start(lambda: self._write(pictures, total, options))
        self._ask(0)

    def cancel(self) -> None:
        """``cancelled`` follows; nothing when the exporter is not busy."""
        if self._film is not None:
            self._engine_tasks.withdraw(EXPORT)
            self._pictures.put(None)

    def close(self) -> None:
        """Cancels, and waits until the file is gone."""
        self.cancel()
        self._pool.waitForDone()

    def _ask(self, call: int) -> None:
        film, choices = self._film, self._choices
        if film is None:
            return
        single = replace(film, frames=film.frames[call : call + 1])

        def work(engine: Engine) -> CaptionedPicture:
            decode: Decode | None = engine.decode if choices.is_decoded else None
            return next(export_frames(single, choices.views, decode))

        self._engine_tasks.ask(EXPORT, work, self._pictures.put, self._refuse)

    def _refuse(self, text: Message) -> None:
        self._pictures.put(None)
        self._film = None
        self.failed.emit(text)

    def _write(
        self, pictures: queue.SimpleQueue[CaptionedPicture | None], total: int, options: ExportOptions
    ) -> None:
        """In the pool's thread."""

        def received() -> Iterator[CaptionedPicture]:
            for _ in range(total):
                picture = pictures.get()
                if picture is None:
                    raise _Cancelled
                yield picture

        try:
            writing: Generator[Progress, None, None] = export(received(), total, options)
            with closing(writing):
                for progress in writing:
                    self._written.emit(pictures, progress)
            self._ended.emit(pictures, options.path)
        except _Cancelled:
            self._ended.emit(pictures, None)
        except EmulsionError as error:
            self._ended.emit(pictures, message(error))

    @Slot(object, object)
    def _advance(self, pictures: object, progress: Progress) -> None:
        if pictures is not self._pictures or self._film is None:
            return
        self.advanced.emit(progress)
        if progress.done < progress.total:
            self._ask(progress.done)

    @Slot(object, object)
    def _end(self, pictures: object, result: object) -> None:
        if pictures is not self._pictures or self._film is None:
            return  # of an earlier export, or refused and told already
        self._film = None
        match result:
            case None:
                self.cancelled.emit()
            case Message():
                self._engine_tasks.withdraw(EXPORT)
                self.failed.emit(result)
            case path:
                self.finished.emit(path)
