"""Reads an installed model's files again and compares them with the hashes the hub listed, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from core.downloads.record import DownloadRecord
from core.downloads.verify import Verified, verify

TOLD_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Check:
    """How far the look at one model's files has come; sizes in bytes.

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
        """One line for people, or one for each damaged file."""
        if not self.is_over:
            return f"Checking {self.file} · {_gb(self.done)} of {_gb(self.total)}"
        if not self.damaged:
            return f"All {self.files} files are as the hub listed them."
        return "\n".join(f"{file}: {problem}." for file, problem in self.damaged)


class ModelVerification(QObject):
    """One model at a time; others wait. Call `finish` at the end.

    Signals:
        changed: the key of a model whose `Check` has changed or is gone.
    """

    changed = Signal(str)
    _told = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._checks: dict[str, Check] = {}
        self._stops: dict[str, threading.Event] = {}
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._told.connect(self._on_told)

    @property
    def checks(self) -> Mapping[str, Check]:
        return self._checks

    def begin(self, key: str, record: DownloadRecord, folder: Path) -> None:
        """Nothing is changed on the disk."""
        self.leave(key)
        stop = self._stops[key] = threading.Event()
        self._checks[key] = Check(len(record.files), 0, record.total)
        self.changed.emit(key)
        self._pool.start(lambda: self._read(key, record, folder, stop))

    def leave(self, key: str) -> None:
        """Ends the check, or dismisses what came of it."""
        if stop := self._stops.pop(key, None):
            stop.set()
        if self._checks.pop(key, None) is not None:
            self.changed.emit(key)

    def finish(self) -> None:
        for stop in self._stops.values():
            stop.set()
        self._stops.clear()
        self._pool.waitForDone()

    def _read(self, key: str, record: DownloadRecord, folder: Path, stop: threading.Event) -> None:
        """In a thread of the pool."""
        check, before, told = Check(len(record.files), 0, record.total), 0, 0.0
        sizes = {file.path: file.size for file in record.files}
        with closing(verify(record, folder)) as events:
            for event in events:
                if stop.is_set():
                    return
                if isinstance(event, Verified):
                    before += sizes[event.file]
                    damaged = ((event.file, event.problem),) if event.problem else ()
                    check = replace(check, done=before, damaged=(*check.damaged, *damaged))
                else:
                    check = replace(check, file=event.file, done=before + event.done)
                if monotonic() - told > TOLD_EVERY_S:
                    told = monotonic()
                    self._told.emit(key, check)
        self._told.emit(key, replace(check, is_over=True))

    @Slot(str, object)
    def _on_told(self, key: str, check: Check) -> None:
        if key in self._checks and key in self._stops:
            self._checks[key] = check
            self.changed.emit(key)


def _gb(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
