"""The beginning of a file that is being downloaded: ``NAME.part``, with its identity beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from core.downloads.digest import Digest, begin_digest, feed, is_right
from core.downloads.listing import RemoteFile
from core.files.atomic import DISK, FileSystem, settle_folder, write_file

SUFFIX = ".part"
OWNER_SUFFIX = ".part.json"


class Part:
    """A file that grows at its end, across restarts. A context manager; every method raises OSError.

    Attributes:
        size: the number of bytes that are there.
        etag: the server's name for the content when it began to arrive, or "".
    """

    def __init__(self, target: Path, file: RemoteFile, disk: FileSystem = DISK) -> None:
        """Keeps the bytes that are there if they begin this very content."""
        self._target = target
        self._file = file
        self._disk = disk
        self.path = target.with_name(target.name + SUFFIX)
        self._owner = target.with_name(target.name + OWNER_SUFFIX)
        disk.make_folder(target.parent)
        self.etag = self._known_etag()
        self._digest: Digest = begin_digest(file)
        if self.etag is None or self._length() > file.size:
            self._truncate()
        self.etag = self.etag or ""
        self.size = self._length()
        self._descriptor: int | None = None

    def __enter__(self) -> Part:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._close()

    @property
    def is_full(self) -> bool:
        return self.size == self._file.size

    def read_again(self) -> Iterator[int]:
        """Takes the bytes that are there into the hash; yields the number of bytes read."""
        self._digest = begin_digest(self._file)
        if self.size:
            yield from feed(self._digest, self.path)

    def begin_again(self) -> None:
        """Discards the bytes that are there."""
        self._close()
        self._truncate()
        self._digest = begin_digest(self._file)
        self.size = 0
        self.etag = ""

    def name_owner(self, etag: str) -> None:
        """Writes the content's identity before its first byte. Raises SaveFailed."""
        if etag != self.etag or not self._owner.exists():
            self.etag = etag
            record = {"identity": self._file.identity, "etag": etag}
            write_file(self._owner, json.dumps(record).encode(), self._disk)

    def append(self, content: bytes) -> None:
        if self._descriptor is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self.path, flags, 0o666)
        rest = memoryview(content)
        while rest:
            written = self._disk.write(self._descriptor, rest)
            self._digest.update(rest[:written])
            self.size += written
            rest = rest[written:]

    def finish(self) -> bool:
        """Gives the file its name and returns True if every byte is right; begins again otherwise."""
        if self.size == 0 and self._file.size == 0:
            self.append(b"")
        if not self.is_full or not is_right(self._digest, self._file):
            self.begin_again()
            return False
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = self._descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        self._disk.sync(descriptor)
        self._close()
        self._disk.replace(self.path, self._target)
        self._disk.remove(self._owner)
        settle_folder(self._target.parent, self._disk)
        return True

    def _known_etag(self) -> str | None:
        """Returns None if the bytes that are there, if any, belong to another content."""
        try:
            record = json.loads(self._owner.read_bytes())
            return str(record["etag"]) if record["identity"] == self._file.identity else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _length(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _truncate(self) -> None:
        self._disk.remove(self.path)
        self._disk.remove(self._owner)

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._disk.close(descriptor)


def part_length(target: Path) -> int:
    """Returns how many bytes of a file are here: all of it, its beginning, or none."""
    for path in (target, target.with_name(target.name + SUFFIX)):
        try:
            return path.stat().st_size
        except OSError:
            continue
    return 0
