"""A file that is written piece by piece and gets its name only when it is complete."""

import os
import secrets
from pathlib import Path

from core.files.atomic import DISK, TEMPORARY_PREFIX, TEMPORARY_SUFFIX, FileSystem, settle_folder


class PartFile:
    """A stream that can be written but not rewound. Every method raises OSError.

    Call `finish` to give it its name, in place of an older file, or `abandon` to leave nothing behind.
    """

    def __init__(self, path: Path, disk: FileSystem = DISK) -> None:
        self._path = path
        self._disk = disk
        self._temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        disk.make_folder(path.parent)
        self._descriptor: int | None = disk.create(self._temporary)
        self._position = 0

    def write(self, content: bytes) -> int:
        """Writes all of the content and returns its length in bytes."""
        assert self._descriptor is not None
        rest = memoryview(content)
        while rest:
            rest = rest[self._disk.write(self._descriptor, rest) :]
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """Does nothing, since writes go to the system at once."""

    def finish(self) -> None:
        assert self._descriptor is not None
        self._disk.sync(self._descriptor)
        self._close()
        self._disk.replace(self._temporary, self._path)
        settle_folder(self._path.parent, self._disk)

    def abandon(self) -> None:
        self._close()
        if os.path.lexists(self._temporary):
            self._disk.remove(self._temporary)

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._disk.close(descriptor)
