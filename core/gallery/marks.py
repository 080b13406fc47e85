"""Marks that people add to a picture: rating, favourite, tags, collections and a note, in a JSON file.

It lies beside the picture, ``house.png.emulsion.json``, so that deleting the index loses nothing. For folders of
other programs, and where nothing can be written, it lies in the mirror: a folder of the program's own. Where
both exist the one that was changed last counts.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from os import DirEntry
from pathlib import Path
from typing import Any, cast

from core.errors import SaveFailed
from core.files.atomic import DISK, FileSystem, words_of, write_file

log = logging.getLogger(__name__)

SUFFIX = ".emulsion.json"
FORMAT = 1
LARGEST_FILE = 2**20
MOST_NAMES = 1_000
LONGEST_NAME = 200
LONGEST_NOTE = 100_000
RATINGS = range(6)
_KEYS = ("format", "picture", "rating", "is_favourite", "tags", "collections", "note", "changed")


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one picture.

    Attributes:
        rating: 1 to 5 stars, 0 for none.
        tags, collections: names in the order of the alphabet, each once.
        note: plain text.
        unknown: keys of other versions, written back as they came.
    """

    rating: int = 0
    is_favourite: bool = False
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    note: str = ""
    unknown: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_empty(self) -> bool:
        return self == NO_MARKS


NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class MarkChange:
    """A change of marks; None and () leave them unchanged."""

    rating: int | None = None
    is_favourite: bool | None = None
    note: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    add_collections: tuple[str, ...] = ()
    remove_collections: tuple[str, ...] = ()

    def applied_to(self, marks: Marks) -> Marks:
        return replace(
            marks,
            rating=marks.rating if self.rating is None else _rating(self.rating),
            is_favourite=marks.is_favourite if self.is_favourite is None else self.is_favourite,
            note=marks.note if self.note is None else _plain(self.note)[:LONGEST_NOTE],
            tags=_changed(marks.tags, self.add_tags, self.remove_tags),
            collections=_changed(marks.collections, self.add_collections, self.remove_collections),
        )


@dataclass(frozen=True, slots=True)
class MarkStore:
    """Reads and writes the files of marks.

    Attributes:
        mirror: the program's own folder for marks that cannot lie beside their picture.
        may_write_beside: whether a picture lies in a folder that is the user's library, not another program's.
    """

    mirror: Path
    may_write_beside: Callable[[Path], bool]
    disk: FileSystem = DISK

    def read(self, picture: Path) -> Marks:
        """Returns the marks of a picture; none when there are none or they are damaged, which is logged."""
        found = [content for path in (sidecar(picture), self.mirrored(picture)) if (content := _read(path))]
        if not found:
            return NO_MARKS
        return _from_json(found[0] if len(found) == 1 else max(found, key=_changed_at))

    def write(self, picture: Path, marks: Marks) -> None:
        """Keeps the marks: beside the picture if possible, else in the mirror. Raises SaveFailed."""
        beside, mirrored = sidecar(picture), self.mirrored(picture)
        content = _encoded(_to_json(marks))
        if self.may_write_beside(picture):
            try:
                self._write(beside, content, is_needed=not marks.is_empty)
            except SaveFailed as error:
                log.info("%s is marked in the mirror: %s", picture, error.reason)
            else:
                self._write(mirrored, content, is_needed=False)
                return
        # marks that were taken away must hide older ones that cannot be removed from beside the picture
        content = _encoded({"picture": str(picture), **_to_json(marks)})
        self._write(mirrored, content, is_needed=not marks.is_empty or beside.exists())

    def forget(self, picture: Path) -> None:
        """Takes marks out of the mirror when their picture has gone from this place. Raises SaveFailed."""
        mirrored = self.mirrored(picture)
        if mirrored.exists():
            self._write(mirrored, b"", is_needed=False)

    def stamp(self, picture: Path) -> int:
        """Returns a number that changes whenever the marks do; 0 without any."""
        return stamp_of(sidecar(picture)) + stamp_of(self.mirrored(picture))

    def mirrored_stamps(self) -> dict[str, int]:
        """Returns the stamps of all files in the mirror, by their names."""
        return {path.name: stamp_of(path) for path in self.mirror.glob(f"*/*{SUFFIX}")}

    def mirrored(self, picture: Path) -> Path:
        name = hashlib.sha256(str(picture).encode("utf-8", "surrogateescape")).hexdigest()
        return self.mirror / name[:2] / f"{name[:40]}{SUFFIX}"

    def _write(self, path: Path, content: bytes, *, is_needed: bool) -> None:
        is_there = path.exists()
        if is_there and _read(path) is None:
            self._put_aside(path)
        if is_needed:
            write_file(path, content, self.disk)
        elif is_there:
            try:
                self.disk.remove(path)
            except OSError as error:
                raise SaveFailed(path, words_of(error)) from error

    def _put_aside(self, path: Path) -> None:
        """A damaged file may hold something that its owner can still read."""
        try:
            self.disk.replace(path, path.with_name(f"{path.name}.damaged"))
        except OSError as error:
            raise SaveFailed(path, words_of(error)) from error


def sidecar(picture: Path) -> Path:
    """Returns the path of the marks beside a picture."""
    return picture.with_name(picture.name + SUFFIX)


def stamp_of(path: Path | DirEntry[str]) -> int:
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_mtime_ns + status.st_size


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """Tags or collections as they are kept: trimmed, none twice, in the order of the alphabet."""
    clean = {" ".join(_plain(text).split())[:LONGEST_NAME] for text in texts}
    return tuple(sorted(clean - {""}, key=lambda name: (name.casefold(), name)))[:MOST_NAMES]


def _changed(before: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]) -> tuple[str, ...]:
    return names((set(before) | set(names(added))) - set(names(removed)))


def _encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()


def _to_json(marks: Marks) -> dict[str, Any]:
    return {
        **marks.unknown,
        "format": FORMAT,
        "rating": marks.rating,
        "is_favourite": marks.is_favourite,
        "tags": list(marks.tags),
        "collections": list(marks.collections),
        "note": marks.note,
        "changed": datetime.now().astimezone().isoformat(),
    }


def _from_json(content: dict[str, Any]) -> Marks:
    """Reads marks from JSON; a value that cannot be used costs only itself."""
    note = content.get("note", "")
    return Marks(
        rating=_rating(content.get("rating", 0)),
        is_favourite=content.get("is_favourite") is True,
        tags=_names(content.get("tags")),
        collections=_names(content.get("collections")),
        note=_plain(note)[:LONGEST_NOTE] if isinstance(note, str) else "",
        unknown={key: value for key, value in content.items() if key not in _KEYS},
    )


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(LARGEST_FILE + 1))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        log.info("the marks in %s cannot be read: %s", path, words_of(error))
        return None
    except (ValueError, RecursionError) as error:
        log.info("the marks in %s are damaged: %s", path, error)
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def _changed_at(content: dict[str, Any]) -> float:
    try:
        return datetime.fromisoformat(content["changed"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return 0.0


def _rating(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return min(max(value, RATINGS[0]), RATINGS[-1])


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return names(name for name in cast("list[object]", value) if isinstance(name, str))


def _plain(text: str) -> str:
    """Without NUL and without halves of characters, which no database and no window can show."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
