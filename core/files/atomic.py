"""Writes files atomically: complete under their name, or not at all.

Order: temporary name in the same folder, write, fsync, rename, fsync of the folder. A crash, a full disk or a
pulled plug at any moment leaves the old file or the new one, never a part of one.
"""

import errno
import logging
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import SaveFailed
from core.language.words import mark, tr

log = logging.getLogger(__name__)

TEMPORARY_PREFIX = ".emulsion-"
TEMPORARY_SUFFIX = ".part"

_REASONS = {
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Operation not permitted"),
    mark("Is a directory"),
    mark("Not a directory"),
    mark("File exists"),
    mark("No space left on device"),
    mark("Read-only file system"),
    mark("Input/output error"),
    mark("File name too long"),
    mark("Address already in use"),
    mark("Cannot assign requested address"),
}
"""The C library's words for what happens most, in English everywhere but in some errors of Windows."""
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
_COPIED_AT_ONCE = 2**20
_NO_FOLDER_SYNC = {errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EACCES}


class FileSystem:
    """The calls that change a disk, each raising OSError; tests pass one in which the N-th call fails."""

    def make_folder(self, folder: Path) -> None:
        """Makes the folder if it is missing."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error

    def create(self, path: Path) -> int:
        """Opens a new file for writing and returns its descriptor; an existing one is an error."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return os.open(path, flags, 0o666)

    def write(self, descriptor: int, content: memoryview) -> int:
        """Writes some of ``content`` and returns how many bytes."""
        return os.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Gives ``source`` the name ``target``, in place of what had it."""
        source.replace(target)

    def rename_new(self, source: Path, target: Path) -> None:
        """Gives ``source`` the name ``target``. Raises FileExistsError when the name is taken."""
        if sys.platform == "win32":
            source.rename(target)  # refuses an existing name there
            return
        try:
            self.link(source, target)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
        else:
            source.unlink()
            return
        # FAT and some network drives have no hard links
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        source.rename(target)

    def link(self, source: Path, target: Path) -> None:
        """Gives ``source`` a second name, which must be free."""
        os.link(source, target)

    def sync_folder(self, folder: Path) -> None:
        """Makes the names in the folder survive a power cut."""
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(descriptor)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)


DISK = FileSystem()


class PartFile:
    """A stream that can be written but not rewound. Every method raises OSError."""

    def __init__(self, descriptor: int, disk: FileSystem) -> None:
        self._descriptor = descriptor
        self._disk = disk
        self._position = 0

    def write(self, content: bytes) -> int:
        """Writes all of the content and returns its length in bytes."""
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


@contextmanager
def writing(
    path: Path, disk: FileSystem = DISK, *, is_new: bool = False, times_of: Path | None = None
) -> Generator[PartFile]:
    """Yields a stream to a file that gets its name after the block; an error leaves nothing behind.

    The file takes the place of an older one, or ``is_new``: then FileExistsError says that the name is taken.
    All other errors of the system are raised as SaveFailed.
    """
    try:
        disk.make_folder(path.parent)
        temporary = _temporary_name(path.parent)
        try:
            descriptor = disk.create(temporary)
            try:
                yield PartFile(descriptor, disk)
                disk.sync(descriptor)
            finally:
                disk.close(descriptor)
            if times_of is not None:
                shutil.copystat(times_of, temporary)
            (disk.rename_new if is_new else disk.replace)(temporary, path)
        except BaseException:
            _remove_quietly(temporary, disk)
            raise
    except OSError as error:
        if is_new and isinstance(error, FileExistsError):
            raise
        raise SaveFailed(path, words_of(error)) from error
    settle_folder(path.parent, disk)


def write_file(path: Path, content: bytes, disk: FileSystem = DISK) -> None:
    """Writes the whole file, in place of an older one of this name. Raises SaveFailed, and the older one stays."""
    with writing(path, disk) as file:
        file.write(content)


def write_new_file(path: Path, content: bytes, disk: FileSystem = DISK) -> None:
    """Writes the whole file under a name that must be free. Raises FileExistsError or SaveFailed."""
    with writing(path, disk, is_new=True) as file:
        file.write(content)


def copy_new_file(source: Path, target: Path, disk: FileSystem = DISK) -> None:
    """Copies a file of any size, with its time, under a name that must be free.

    Where the system can, both are the same file under two names, which takes no time and no room. Raises
    FileExistsError or SaveFailed.
    """
    try:
        disk.make_folder(target.parent)
        disk.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in {*_NO_HARD_LINKS, errno.EXDEV}:
            raise SaveFailed(target, words_of(error)) from error
        with writing(target, disk, is_new=True, times_of=source) as file, source.open("rb") as opened:
            shutil.copyfileobj(opened, file, _COPIED_AT_ONCE)
    else:
        settle_folder(target.parent, disk)


def first_free(make: Callable[[Path], object], paths: Iterable[Path]) -> Path:
    """Makes the first of some files whose name is not taken, and returns its path.

    ``make`` raises FileExistsError for a name that is, as `write_new_file` and `copy_new_file` do.
    """
    for path in paths:
        with suppress(FileExistsError):
            make(path)
            return path
    raise ValueError(tr("all names are taken"))


def check_writable(folder: Path) -> None:
    """Finds out, by making an empty file, whether files can be made in a folder, or the folder itself can.

    Leaves nothing behind. Raises SaveFailed.
    """
    try:
        nearest = folder
        while not nearest.exists() and nearest != nearest.parent:
            nearest = nearest.parent
        probe = _temporary_name(nearest)
        DISK.close(DISK.create(probe))
        DISK.remove(probe)
    except OSError as error:
        raise SaveFailed(folder, words_of(error)) from error


def words_of(error: OSError) -> str:
    """Returns the system's own words for an error, in the language of the program where they are known."""
    if error.strerror in _REASONS:
        return tr(error.strerror)
    return error.strerror or str(error) or tr("the system gives no reason")


def settle_folder(folder: Path, disk: FileSystem) -> None:
    """Makes the names in a folder survive a power cut, as the last step of a write; a failure is only logged."""
    try:
        disk.sync_folder(folder)
    except OSError as error:
        # The file is complete and has its name: saving it a second time would only make a copy.
        log.warning("the folder %s could not be synchronised: %s", folder, words_of(error))


def _remove_quietly(temporary: Path, disk: FileSystem) -> None:
    try:
        disk.remove(temporary)
    except OSError as error:
        log.warning("the temporary file %s could not be removed: %s", temporary, words_of(error))


def _temporary_name(folder: Path) -> Path:
    return folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
