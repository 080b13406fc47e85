"""The system's trash: moving a file there, and finding it again to take it back.

Finding follows the freedesktop.org Trash specification 1.0 and the ``$I`` files of Windows' recycle bin.
"""

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote_to_bytes

from send2trash import send2trash

from core.language.words import tr

INFO_SUFFIX = ".trashinfo"
_LARGEST_INFO = 2**16
_FIXED_DRIVE = 3


class Trash(Protocol):
    """Moves deleted files into the system's trash."""

    def put(self, file: Path) -> Path | None:
        """Moves a file there and returns where it lies now, None if that is not known. Raises OSError."""
        ...

    def forget(self, file: Path) -> None:
        """Notes that a file from `put` was taken back."""
        ...


class SystemTrash:
    """The trash that the desktop shows."""

    def put(self, file: Path) -> Path | None:
        if not _has_trash(file):
            raise OSError(tr("there is no trash for {file}", file=file))
        send2trash(str(file))
        if file.exists():
            raise OSError(tr("{file} was not moved to the trash", file=file))
        return next(iter(_found(file)), None)

    def forget(self, file: Path) -> None:
        if sys.platform == "win32":
            file.with_name(file.name.replace("$R", "$I", 1)).unlink(missing_ok=True)
        else:
            (file.parent.parent / "info" / f"{file.name}{INFO_SUFFIX}").unlink(missing_ok=True)


def in_freedesktop_trash(trash: Path, top: Path, original: Path) -> Iterator[Path]:
    """Yields the files in a trash folder that once were ``original``, the last one deleted first.

    ``top`` is the folder that relative addresses in this trash start from.
    """
    name = original.stem.encode("utf-8", "surrogateescape")
    infos = [path for path in (trash / "info").glob(f"*{INFO_SUFFIX}") if os.fsencode(path.name).startswith(name)]
    for info in sorted(infos, key=_modified, reverse=True):
        try:
            lines = _content(info).splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(b"Path=") and top / os.fsdecode(unquote_to_bytes(line[5:])) == original:
                yield trash / "files" / info.name.removesuffix(INFO_SUFFIX)


def in_recycle_bin(trash: Path, original: Path) -> Iterator[Path]:
    """Yields the files in one user's recycle bin that once were ``original``, the last one deleted first."""
    for info in sorted(trash.glob("$I*"), key=_modified, reverse=True):
        try:
            content = _content(info)
            (version,) = struct.unpack_from("<q", content)
        except (OSError, struct.error):
            continue
        path = content[28:] if version == 2 else content[24:]  # version 2 tells the length first
        if path.decode("utf-16-le", "replace").partition("\0")[0] == str(original):
            yield info.with_name(info.name.replace("$I", "$R", 1))


def _found(original: Path) -> Iterator[Path]:
    if sys.platform == "win32":
        for folder in Path(original.anchor, "$Recycle.Bin").glob("*"):
            yield from in_recycle_bin(folder, original)
    elif sys.platform == "darwin":
        yield from ()  # its trash cannot be listed without the user's permission
    else:
        original = Path(os.path.realpath(original.parent), original.name)
        home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        yield from in_freedesktop_trash(home / "Trash", home, original)
        top = original.parent
        while not top.is_mount() and top != top.parent:
            top = top.parent
        for name in (f".Trash/{os.getuid()}", f".Trash-{os.getuid()}"):
            yield from in_freedesktop_trash(top / name, top, original)


def _has_trash(file: Path) -> bool:
    """Windows would delete files on other drives than fixed ones for good."""
    if sys.platform != "win32":
        return True
    import ctypes

    return ctypes.windll.kernel32.GetDriveTypeW(file.anchor) == _FIXED_DRIVE


def _content(info: Path) -> bytes:
    with info.open("rb") as file:
        return file.read(_LARGEST_INFO)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
