"""File systems and trashes that fail on purpose."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from core.files.atomic import FileSystem


class FailingFileSystem(FileSystem):
    """Fails once, at the N-th call that changes the disk, with "No space left on device".

    Attributes:
        failed: the method whose call has failed, "" when there were fewer calls.
    """

    def __init__(self, failing_call: int, has_links: bool = True) -> None:
        self._calls_left = failing_call
        self._has_links = has_links
        self.failed = ""

    def make_folder(self, folder: Path) -> None:
        self._count("make_folder")
        super().make_folder(folder)

    def create(self, path: Path) -> int:
        self._count("create")
        return super().create(path)

    def write(self, descriptor: int, content: memoryview) -> int:
        self._count("write")
        return super().write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        self._count("sync")
        super().sync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        self._count("replace")
        super().replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        if not self._has_links:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        self._count("link")
        super().link(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._count("sync_folder")
        super().sync_folder(folder)

    def remove(self, path: Path) -> None:
        self._count("remove")
        super().remove(path)

    def _count(self, method: str) -> None:
        self._calls_left -= 1
        if self._calls_left == 0:
            self.failed = method
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FolderTrash:
    """A trash that is a folder, and takes no more than ``room`` files."""

    def __init__(self, folder: Path, room: int = 1000) -> None:
        self.folder = folder
        self._room = room

    def put(self, file: Path) -> Path | None:
        if not self._room:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        self._room -= 1
        self.folder.mkdir(exist_ok=True)
        place = self.folder / f"{len(list(self.folder.iterdir()))}-{file.name}"
        file.rename(place)
        return place

    def forget(self, file: Path) -> None:
        assert not file.exists()


class SecretiveTrash(FolderTrash):
    """Does not tell where a file lies, as macOS does."""

    def put(self, file: Path) -> Path | None:
        super().put(file)
        return None


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their names in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
