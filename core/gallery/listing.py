"""Lists a library folder: pictures, their films and marks, without opening any file."""

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.files.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from core.film.reader import SUFFIX as FILM_SUFFIX
from core.film.reader import film_path
from core.gallery.marks import SUFFIX as MARKS_SUFFIX
from core.gallery.marks import stamp_of
from core.gallery.record import SUFFIXES, FileState

BIN_NAME = ".emulsion-bin"
MOST_DEEP = 60
LEFT_OVER_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Directory:
    """One folder's pictures.

    Attributes:
        path: inside the library folder, parted by "/"; "" for the folder itself.
        files: None when it cannot be listed.
        is_empty: True when nothing at all lies in it.
        leftovers: files that a program which was killed was writing.
    """

    path: str
    files: tuple[FileState, ...] | None
    is_empty: bool = False
    leftovers: tuple[Path, ...] = ()


def listing(root: Path, left_out: Collection[Path] = ()) -> Iterator[Directory]:
    """Yields all folders from ``root`` down, without hidden ones, links to folders, and those left out."""
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        here = root / inside
        try:
            with os.scandir(here) as entries:
                found = list(entries)
        except OSError:
            yield Directory(inside, None)
            continue
        for entry in found:
            if _is_folder(entry) and not entry.name.startswith(".") and Path(entry.path) not in left_out:
                below = f"{inside}/{entry.name}" if inside else entry.name
                if below.count("/") < MOST_DEEP:
                    waiting.append(below)
        leftovers = tuple(Path(entry.path) for entry in found if _is_leftover(entry))
        yield Directory(inside, tuple(_files(inside, found)), not found, leftovers)


def state_of(root: Path, picture: Path, marks_stamp: int) -> FileState | None:
    """Returns the listing of one picture; None if there is no such file or its name is no picture's."""
    if not picture.name.lower().endswith(SUFFIXES) or picture.name.startswith("."):
        return None
    try:
        status = picture.stat()
    except OSError:
        return None
    inside = picture.parent.relative_to(root).as_posix()
    return FileState(
        directory="" if inside == "." else inside,
        name=picture.name,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        marks_stamp=marks_stamp,
        has_film=film_path(picture).exists(),
    )


def _files(inside: str, entries: list[os.DirEntry[str]]) -> Iterator[FileState]:
    films = {entry.name.removesuffix(FILM_SUFFIX) for entry in entries if entry.name.endswith(FILM_SUFFIX)}
    stamps = {
        entry.name.removesuffix(MARKS_SUFFIX): stamp_of(entry)
        for entry in entries
        if entry.name.endswith(MARKS_SUFFIX)
    }
    for entry in entries:
        name = entry.name
        if name.startswith(".") or not name.lower().endswith(SUFFIXES):
            continue
        try:
            if not entry.is_file():
                continue
            status = entry.stat()
        except OSError:
            continue
        stem = name.rpartition(".")[0]
        yield FileState(inside, name, status.st_size, status.st_mtime_ns, stamps.get(name, 0), stem in films)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_leftover(entry: os.DirEntry[str]) -> bool:
    if not (entry.name.startswith(TEMPORARY_PREFIX) and entry.name.endswith(TEMPORARY_SUFFIX)):
        return False
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > LEFT_OVER_AFTER_S
    except OSError:
        return False
