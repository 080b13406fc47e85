"""Keeps the queue on the disk, so that a restart, or the end of the process, loses nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.messages.errors import Message, message
from app.session.queued_films import QueuedFilms
from app.session.run import Run
from app.session.runner import Runner
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
        self._on_disk: frozenset[tuple[int, int]] = frozenset()
        self._now: tuple[tuple[QueuedRun, ...], tuple[Run, ...], frozenset[tuple[int, int]]] = (), (), frozenset()
        session.pool.step_shown.connect(self._on_step_shown)
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
        self._on_disk &= {_picture(run) for run in self._queue.running}
        self._now = self._queue.entries, self._queue.running, self._on_disk
        if not self._is_submitted:
            self._is_submitted = True
            self._tasks.submit(self._write, self._on_written, self._on_failed, is_kept=True)

    @Slot(object, object)
    def _on_step_shown(self, runner: Runner, stepped: Stepped) -> None:
        """Once a step of a picture in progress is on the disk, it is found there, as an unfinished run."""
        run, folder = runner.run, self._films()
        if run is None or folder is None or _picture(run) in self._on_disk:
            return
        if (folder / (stepped.film.run + PART_SUFFIX)).exists():
            self._on_disk |= {_picture(run)}
            self._on_changed()

    def _write(self) -> None:
        """In the background: writes the queue as it is now, which may be newer than when this was asked for."""
        self._is_submitted = False
        entries, running, on_disk = self._now  # at once: they belong together
        again = [run for run in running if run.operation.goes_on_by_itself or _picture(run) not in on_disk]
        kept = tuple(self._kept(entry, [run.number for run in again if run.id == entry.id]) for entry in entries)
        save_queue(tuple(run for run in kept if run.left or run.problem), self._folders)
        self._branches.remove_all_but((*entries, *kept))

    def _kept(self, run: QueuedRun, again: Sequence[int]) -> QueuedRun:
        """Returns a request with its pictures in progress as not begun, and the film of a branch as a file."""
        run = run.with_back(*again)
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


def _picture(run: Run) -> tuple[int, int]:
    """Names one picture of a request."""
    return run.id, run.number
