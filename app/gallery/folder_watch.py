"""Notices that files come and go in the library folders while the gallery is open."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal, Slot

from core.gallery.library import LibraryFolder

MOST_FOLDERS = 400
REST_MS = 1_500
"""A program that writes many files is given time."""

RESTS = 10
"""Scans may take a tenth of the time at most."""


class FolderWatch(QObject):
    """Watches the library folders and the newest folders in them.

    Signals:
        changed: time for a scan.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._notice)
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self.changed)
        self._not_before = 0.0

    def watch(self, folders: Iterable[Path], scan_s: float) -> None:
        """Other folders from now on; ``scan_s`` is how long the scan took that found them."""
        self._not_before = time.monotonic() + scan_s * RESTS
        wanted = {str(path) for path in folders}
        watched = set(self._watcher.directories())
        if gone := watched - wanted:
            self._watcher.removePaths(list(gone))
        if new := wanted - watched:
            self._watcher.addPaths(list(new))

    @Slot()
    def _notice(self) -> None:
        wait_ms = int((self._not_before - time.monotonic()) * 1000)
        self._rest.start(max(wait_ms, REST_MS))


def watched_folders(library: Iterable[LibraryFolder]) -> tuple[Path, ...]:
    """Returns the folders where new pictures are likely: each library folder, and the last ones in it."""
    found: list[Path] = []
    for folder in library:
        try:
            with os.scandir(folder.path) as entries:
                inner = sorted(
                    entry.path
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                )
        except OSError:
            continue
        found += [folder.path, *map(Path, reversed(inner))]
    return tuple(found[:MOST_FOLDERS])
