"""Files that a client sends for its operations, kept by their content: nothing is written elsewhere."""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import WireBroken
from core.language.words import tr
from core.pictures.source import SUFFIXES, copies_in
from core.remote.messages import Has, Put

LARGEST = 2**32
"""Bytes of a file, as many as all arrays of a message (`core.remote.frames.Bounds`): a film is told in one."""

KEPT_BYTES = 2**32
"""Of files that are no pictures, such as films; those that were not used for longest go first."""

KEPT_PARTS_S = 7 * 24 * 3600.0
"""A file that came in part is kept for so long, so that sending can go on."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 200


def is_name(text: str) -> bool:
    """Returns True for a name that a file may be sent by: no path, and one that every system can have."""
    is_lone = text == Path(text).name and "\\" not in text and text not in ("", ".", "..")
    return is_lone and text.isprintable() and len(text.encode()) <= _LONGEST_NAME


class FileStore:
    """Keeps pictures where runs keep theirs (`core.pictures.source.keep_sources`), and other files in a folder."""

    def __init__(self, pictures: Path, others: Path) -> None:
        self._pictures, self._others = pictures, others

    def put(self, order: Put) -> Has:
        """Takes a piece of a file, and tells how much of it is here. Raises WireBroken, and OSError."""
        place = self._place(order)
        if place.exists():
            _touch(place)
            return Has(order.sha256, order.size, place)
        part = place.parent.parent / f"{order.sha256}.part"
        place.parent.mkdir(parents=True, exist_ok=True)
        if not part.exists():
            self._tidy_parts()
        had = part.stat().st_size if part.exists() else 0
        if had > order.size:
            part.unlink()
            had = 0
        elif order.offset == had and had + order.content.nbytes <= order.size:
            write_at(part, had, order.content)
            had += order.content.nbytes
        if had == order.size:  # also where an earlier engine ended before it could look at the whole
            self._finish(part, place, order.sha256)
        return Has(order.sha256, had, place)

    def _finish(self, part: Path, place: Path, sha256: str) -> None:
        try:
            with part.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != sha256:
                part.unlink(missing_ok=True)
                raise WireBroken(tr("a file has not the content that it is named by"))
            part.replace(place)
        except FileNotFoundError:
            if not place.exists():  # an engine beside this one has finished it
                raise
        self._tidy(place)

    def _place(self, order: Put) -> Path:
        name = order.name
        if not _SHA256.fullmatch(order.sha256) or not is_name(name):
            raise WireBroken(tr("a file is named by a path"))
        if not 0 <= order.size <= LARGEST or order.offset < 0:
            raise WireBroken(tr("a file is too large"))
        if Path(name).suffix.lower() in SUFFIXES:
            return copies_in(self._pictures, order.sha256) / name
        return self._others / order.sha256 / name

    def _tidy(self, newest: Path) -> None:
        """Removes the oldest of the other files that are too many."""
        files = [path for path in self._others.glob("*/*") if path.is_file() and path != newest]
        left = KEPT_BYTES - newest.stat().st_size
        for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
            left -= path.stat().st_size
            if left < 0:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # an engine beside this one has put another file there
                    path.parent.rmdir()

    def _tidy_parts(self) -> None:
        """Removes what was begun to be sent long ago."""
        oldest = time.time() - KEPT_PARTS_S
        for folder in (self._pictures, self._others):
            for part in folder.glob("*.part"):
                with suppress(OSError):  # an engine beside this one has removed or finished it
                    if part.stat().st_mtime < oldest:
                        part.unlink()


def _touch(path: Path) -> None:
    """Has a file count as used now, so that it is not removed while an operation reads it."""
    with suppress(OSError):  # the disk cannot be written
        os.utime(path)


def write_at(path: Path, offset: int, content: NDArray[np.uint8]) -> None:
    """Writes at a place of its own, never at the end: engines that are sent one file at once write the same."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.seek(offset)
        file.write(content.tobytes())
