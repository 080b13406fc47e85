"""The beginning of a file that is on its way: ``NAME.part``, and beside it whose beginning it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from core.downloads.digest import Digest, begin_digest, feed, is_right
from core.downloads.listing import RemoteFile
from core.files.atomic import DISK, FileSystem, settle_folder, write_file

SUFFIX = ".part"
OWNER_SUFFIX = ".part.json"


class Part:
    """Grows at its end, across restarts. A context manager; every method raises OSError.

    Attributes:
        size: how many bytes are there.
        etag: what the server called the content when it began to arrive, or "".
    """

    def __init__(self, target: Path, file: RemoteFile, disk: FileSystem = DISK) -> None:
        """What is there already is kept when it is a beginning of this very content."""
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def is_full(self) -> bool:
        return self.size == self._file.size

    def read_again(self) -> Iterator[int]:
        """Takes what is there into the hash; yields how many bytes have been read."""
        self._digest = begin_digest(self._file)
        if self.size:
            yield from feed(self._digest, self.path)

    def begin_again(self) -> None:
        """Throws away what is there."""
        self._close()
        self._truncate()
        self._digest = begin_digest(self._file)
        self.size = 0
        self.etag = ""

    def name_owner(self, etag: str) -> None:
        """Writes down whose beginning this is, before its first byte. Raises SaveFailed."""
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
        """Gives the file its name if every byte is right, else begins again; says which."""
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
        """None when what is there, if anything, belongs to another content."""
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
    """How many bytes of a file are here: all of it, its beginning, or none."""
    for path in (target, target.with_name(target.name + SUFFIX)):
        try:
            return path.stat().st_size
        except OSError:
            continue
    return 0
