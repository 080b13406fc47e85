"""Looks after the films in the pictures folder: how much room they take, and removing old ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal

from core.film.stored import films, remove_older


@dataclass(frozen=True, slots=True)
class FilmRoom:
    """What films take: all, and those that are older than was asked for."""

    count: int
    size_bytes: int
    old_count: int
    old_bytes: int


class StoredFilms(QObject):
    """Everything that reads the disk happens in a thread of its own.

    Signals:
        measured: a `FilmRoom`. removed(object): bytes that became free.
    """

    measured = Signal(object)
    removed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)

    def measure(self, folder: Path, older_than_days: int) -> None:
        def work() -> None:
            before = datetime.now() - timedelta(days=older_than_days)
            found = films(folder)
            old = [film for film in found if film.made < before]
            sizes = [sum(film.size_bytes for film in part) for part in (found, old)]
            self.measured.emit(FilmRoom(len(found), sizes[0], len(old), sizes[1]))

        self._pool.start(work)

    def remove(self, folder: Path, older_than_days: int) -> None:
        """Films only: the pictures stay."""

        def work() -> None:
            self.removed.emit(remove_older(folder, datetime.now() - timedelta(days=older_than_days)))

        self._pool.start(work)

    def close(self) -> None:
        """Waits for the work in progress."""
        self._pool.clear()
        self._pool.waitForDone()


def size_text(size_bytes: int) -> str:
    """``0.3 MB``, ``12 MB``, ``1.4 GB``."""
    if size_bytes < 1e6:
        return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 5e4 else f"{max(round(size_bytes / 1e3), 1)} kB"
    if size_bytes < 1e9:
        return f"{size_bytes / 1e6:.1f} MB" if size_bytes < 9.95e6 else f"{size_bytes / 1e6:.0f} MB"
    return f"{size_bytes / 1e9:.1f} GB"
