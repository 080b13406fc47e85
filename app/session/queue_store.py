"""Keeps the queue on the disk, so that a restart, or the end of the process, loses nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import Message, message
from app.session.queued_films import QueuedFilms
from app.session.session import Session
from core.errors import EmulsionError
from core.film.reader import PART_SUFFIX, completed_calls
from core.language.words import tr
from core.paths import Folders
from core.runs.events import Stepped
from core.runs.operations import GenerateBranch, Resume
from core.runs.queued import QueuedRun
from core.settings.queue_file import load_queue, save_queue


class QueueStore(QObject):
    """Writes the queue in the background whenever it has changed.

    Signals:
        failed: the `Message` of a queue that could not be read or written; while writing fails, once.
    """

    failed = Signal(object)

    def __init__(self, session: Session, folders: Folders, films: Callable[[], Path | None]) -> None:
        """``films`` returns the folder for the films of unfinished runs, None where none are kept."""
        super().__init__(session)
        self._queue = session.queue
        self._folders = folders
        self._films = films
        self._tasks = session.background.queue(self, "queue file")
        self._branches = QueuedFilms(folders)
        self._on_disk = (0, 0)
        self._now: tuple[tuple[QueuedRun, ...], int | None, tuple[int, int]] = ((), None, (0, 0))
        session.step_shown.connect(self._on_step_shown)
        self._is_submitted = self._has_failed = False

    def restore(self) -> None:
        """Puts what waited at the last end into the queue, on hold; from then on the queue is kept."""
        stored = load_queue(self._folders)
        self._queue.take_back(stored.runs)
        if stored.problem is not None:
            self.failed.emit(message(stored.problem))
        self._queue.changed.connect(self._on_changed)
        if stored.problem is not None:
            self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        self._now = self._queue.entries, self._queue.running_id, self._on_disk
        if not self._is_submitted:
            self._is_submitted = True
            self._tasks.submit(self._write, self._on_written, self._on_failed, is_kept=True)

    @Slot(object)
    def _on_step_shown(self, stepped: Stepped) -> None:
        """Once a step of the picture in progress is on the disk, it is found there, as an unfinished run."""
        run, folder = self._queue.running, self._films()
        if run is None or folder is None or _picture(run) == self._on_disk:
            return
        if (folder / (stepped.film.run + PART_SUFFIX)).exists():
            self._on_disk = _picture(run)
            self._on_changed()

    def _write(self) -> None:
        """In the background: writes the queue as it is now, which may be newer than when this was asked for."""
        self._is_submitted = False
        entries, running_id, on_disk = self._now  # at once: they belong together
        kept = tuple(self._kept(run, is_running=run.id == running_id, on_disk=on_disk) for run in entries)
        save_queue(tuple(run for run in kept if run.left or run.problem), self._folders)
        self._branches.remove_all_but((*entries, *kept))

    def _kept(self, run: QueuedRun, *, is_running: bool, on_disk: tuple[int, int]) -> QueuedRun:
        """Returns a request with its picture in progress as not begun, and with the film of a branch as a file."""
        is_found = _picture(run) == on_disk and not run.operation.goes_on_by_itself
        if is_running:
            run = run if is_found else replace(run, begun=run.begun - 1)
        if isinstance(branch := run.operation, GenerateBranch) and (run.left or run.problem):
            return replace(run, operation=self._as_file(branch, has_failed=bool(run.problem)))
        return run

    def _as_file(self, operation: GenerateBranch, *, has_failed: bool) -> GenerateBranch | Resume:
        """Returns a branch as the rest of a run that was cut off, or as one of a film that is kept for it."""
        branch, folder = operation.branch, self._films()
        part = None if folder is None else folder / (branch.film.run + PART_SUFFIX)
        goes_on = has_failed or not branch.changes()
        if goes_on and part is not None and part.exists() and completed_calls(part):
            return Resume(part, branch.film.request)
        return self._branches.on_disk(operation) or operation

    @Slot(object)
    def _on_written(self, _nothing: object) -> None:
        self._has_failed = False

    def _on_failed(self, error: EmulsionError) -> None:
        if not self._has_failed:
            self._has_failed = True
            sentence = tr(
                "{sentence} What waits is lost when Emulsion is closed.", sentence=message(error).sentence
            )
            self.failed.emit(Message(tr("The queue could not be kept"), sentence, tr("Make room on the disk.")))


def _picture(run: QueuedRun) -> tuple[int, int]:
    """Names one picture of a request."""
    return run.id, run.begun
