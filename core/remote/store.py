"""Files that a client sends for its operations, kept by their content: nothing is written elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from core.errors import WireBroken
from core.language.words import tr
from core.pictures.source import SUFFIXES, copies_in
from core.remote.messages import Has, Put

LARGEST = 2**31
KEPT_BYTES = 2**32
"""Of files that are no pictures, such as films; the oldest go first."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 200


class FileStore:
    """Keeps pictures where runs keep theirs (`core.pictures.source.keep_sources`), and other files in a folder."""

    def __init__(self, pictures: Path, others: Path) -> None:
        self._pictures, self._others = pictures, others

    def put(self, order: Put) -> Has:
        """Takes a piece of a file, and tells how much of it is here. Raises WireBroken, and OSError."""
        place = self._place(order)
        if place.exists():
            return Has(order.sha256, order.size, place)
        part = place.parent.parent / f"{order.sha256}.part"
        place.parent.mkdir(parents=True, exist_ok=True)
        had = part.stat().st_size if part.exists() else 0
        if order.offset != had or had + order.content.nbytes > order.size:
            if had > order.size:
                part.unlink()
                had = 0
            return Has(order.sha256, had, place)
        with part.open("ab") as file:
            file.write(order.content.tobytes())
        had += order.content.nbytes
        if had == order.size:
            with part.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != order.sha256:
                part.unlink()
                raise WireBroken(tr("a file has not the content that it is named by"))
            part.replace(place)
            self._tidy(place)
        return Has(order.sha256, had, place)

    def _place(self, order: Put) -> Path:
        name = order.name
        is_name = (
            name == Path(name).name and "\\" not in name and name.isprintable() and name not in ("", ".", "..")
        )
        if not _SHA256.fullmatch(order.sha256) or not is_name or len(name.encode()) > _LONGEST_NAME:
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
