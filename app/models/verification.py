"""Reads an installed model's files again in the background and compares them with the hashes the hub listed."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, Signal

from app.messages.errors import message
from app.session.background import BackgroundTasks, TaskQueue
from core.downloads.record import DownloadRecord
from core.downloads.verify import Verified, verify
from core.errors import EmulsionError
from core.files.sizes import size_text
from core.language.words import tr

TOLD_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Check:
    """The progress of checking one model's files; sizes in bytes.

    Attributes:
        file: the one that is read.
        damaged: each file that is not right, with what is wrong.
    """

    files: int
    done: int
    total: int
    file: str = ""
    damaged: tuple[tuple[str, str], ...] = ()
    is_over: bool = False

    @property
    def percent(self) -> int:
        return 100 if self.is_over else 100 * self.done // self.total if self.total else 0

    def words(self) -> str:
        """Returns one line for people, or one for each damaged file."""
        if not self.is_over:
            return tr(
                "Checking {file} · {done} of {total}",
                file=self.file,
                done=size_text(self.done, 2),
                total=size_text(self.total, 2),
            )
        if not self.damaged:
            return tr("All {files} files are as the hub listed them.", files=self.files)
        return "\n".join(f"{file}: {problem}." for file, problem in self.damaged)


class ModelVerification(QObject):
    """Checks one model at a time; others wait.

    Attributes:
        checks: those in progress, and those whose result was not dismissed, by the key of the model.

    Signals:
        changed: the key of a model whose `Check` has changed or is gone.
    """

    changed = Signal(str)

    def __init__(self, background: BackgroundTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self.checks: dict[str, Check] = {}
        self._queues: dict[str, TaskQueue] = {}

    def begin(self, key: str, record: DownloadRecord, folder: Path) -> None:
        """Nothing is changed on the disk."""
        self.leave(key)
        queue = self._queues[key] = self._background.queue(self, "verification")
        told = partial(self._show, key)
        told(Check(len(record.files), 0, record.total))
        queue.follow(partial(_checks, record, folder), told, told, partial(self._refuse, key))

    def leave(self, key: str) -> None:
        """Ends the check, or dismisses what came of it."""
        if queue := self._queues.pop(key, None):
            queue.cancel()
        if self.checks.pop(key, None) is not None:
            self.changed.emit(key)

    def _refuse(self, key: str, error: EmulsionError) -> None:
        self.leave(key)
        self._background.failed.emit(message(error))

    def _show(self, key: str, check: Check) -> None:
        self.checks[key] = check
        self.changed.emit(key)


def _checks(record: DownloadRecord, folder: Path) -> Generator[Check, None, Check]:
    """Reads the files; yields several times a second, and returns the check that is over."""
    check, before, told = Check(len(record.files), 0, record.total), 0, 0.0
    sizes = {file.path: file.size for file in record.files}
    with closing(verify(record, folder)) as events:
        for event in events:
            if isinstance(event, Verified):
                before += sizes[event.file]
                damaged = ((event.file, event.problem),) if event.problem else ()
                check = replace(check, done=before, damaged=(*check.damaged, *damaged))
            else:
                check = replace(check, file=event.file, done=before + event.done)
            if monotonic() - told > TOLD_EVERY_S:
                told = monotonic()
                yield check
    return replace(check, is_over=True)
