"""The library as the program uses it: one owner, who scans and marks pictures and keeps the index in line."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from core.errors import InvalidRequest, LibraryInUse, SaveFailed, UnreadablePicture
from core.files.atomic import DISK, FileSystem, words_of
from core.files.lock import lock
from core.gallery.companions import checked_stem, move_together
from core.gallery.deleting import Deleted, delete, restore
from core.gallery.finder import Finder
from core.gallery.library import LibraryFolder, library_folder_of, load_library, save_library, with_folder
from core.gallery.likeness import colour_layout
from core.gallery.listing import state_of
from core.gallery.marks import MarkChange, Marks, MarkStore
from core.gallery.naming import OWN_PARTS, named_by
from core.gallery.query import LibraryPicture
from core.gallery.record import read_record
from core.gallery.scan import ScanEvent, scan
from core.gallery.schema import open_index
from core.gallery.system_trash import SystemTrash, Trash
from core.gallery.thumbnails import thumbnail
from core.gallery.writer import IndexWriter, is_damage
from core.language.words import tr
from core.paths import Folders
from core.pictures.file_names import check_pattern

FOLDER_NAME = "gallery"
LOCK_NAME = "gallery.lock"
MIRROR_NAME = "marks"
LOOKED_AT_PX = 64


def gallery_folder(folders: Folders) -> Path:
    """Returns the folder of the index, of the list of library folders and of the mirror of marks."""
    return folders.data / FOLDER_NAME


@dataclass(frozen=True, slots=True)
class Moved:
    """A picture, by its id in the index, that got another name or folder: where it was, and where it is now."""

    picture: int
    before: Path
    now: Path


@dataclass(frozen=True, slots=True)
class Marked:
    """Pictures, by their ids in the index, whose marks were changed: what they were and are, by the files.

    Files tell for longer than ids which picture is meant: one that comes back from the trash has another id.
    """

    pictures: tuple[int, ...]
    before: Mapping[Path, Marks]
    after: Mapping[Path, Marks]


class Gallery:
    """The one owner of the library: while it is open, no other program can change the index. Close it.

    Everything here reads and writes files: call it in one thread that is not the window's. Questions go to a
    `Finder`, of which each thread may have its own.

    Attributes:
        library: the library folders, the one for finished pictures first.
        fault: why the index that was there could not be used and begins anew, or "".
        needs_scan: True when the index knows no picture yet; a scan is wise at every start.
    """

    def __init__(
        self, folders: Folders, pictures: Path, disk: FileSystem = DISK, trash: Trash | None = None
    ) -> None:
        """Opens the library. Raises LibraryInUse or SaveFailed."""
        self.folder = gallery_folder(folders)
        self._disk = disk
        self._trash = trash or SystemTrash()
        self._lock = _locked(self.folder)
        try:
            self.library = load_library(self.folder, pictures, disk)
            opened = open_index(self.folder)
        except BaseException:
            self._lock.close()
            raise
        self.fault, self.needs_scan = opened.fault, opened.is_new
        self._writer = IndexWriter(opened.connection, self.folder)
        self._finder = Finder(self.folder)
        self.mark_store = MarkStore(self.folder / MIRROR_NAME, self._is_own, disk)

    def scan(self) -> Generator[ScanEvent, None, None]:
        """Brings the index in line with the folders; between two events other methods may be called.

        Raises SaveFailed, and sqlite3.DatabaseError when the index turns out to be damaged: close the gallery and
        open it again then, and the index begins anew.
        """
        try:
            self._writer.check()
            yield from scan(self._writer, self.mark_store, self.library)
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                self._writer.mark_damaged()
            raise
        self.needs_scan = False

    def rebuild(self) -> Generator[ScanEvent, None, None]:
        """Forgets all that the index knows and reads every picture again; ids are others then.

        What lies in a folder that is away is not forgotten: it could not be read again.
        """
        self._writer.keep_folders(folder.path for folder in self.library if not _has_something(folder.path))
        yield from self.scan()

    def add_folder(self, path: Path, *, is_own: bool = False) -> None:
        """Adds a folder; a scan then finds its pictures. Raises InvalidRequest or SaveFailed."""
        library = with_folder(self.library, LibraryFolder(path, is_own))
        save_library(library, self.folder, self._disk)
        self.library = library

    def remove_folder(self, path: Path) -> None:
        """Takes a folder out of the gallery; its files stay as they are. Raises SaveFailed."""
        library = (self.library[0], *(folder for folder in self.library[1:] if folder.path != path))
        save_library(library, self.folder, self._disk)
        self.library = library
        self._writer.keep_folders(folder.path for folder in library)

    def index(self, path: Path) -> LibraryPicture | None:
        """Reads a picture just saved, or forgets one that has gone; None when it is not in the library."""
        folder = library_folder_of(self.library, path)
        if folder is None:
            return None
        state = state_of(folder.path, path, self.mark_store.stamp(path))
        if state is None:
            if known := self._finder.picture_at(path):
                self._writer.forget([known.id])
            return None
        record = read_record(path, state, self.mark_store.read(path))
        return self._finder.pictures([self._writer.put(self._writer.folder_id(folder.path), record)])[0]

    def look_at_next(self, most: int) -> int:
        """Looks at some of the pictures that have no colour layout yet, and returns how many those were."""
        found = self._finder.without_layout(most)
        for picture in found:
            self.layout_of(picture)
        return len(found)

    def layout_of(self, picture: LibraryPicture) -> bytes | None:
        """Looks at a picture and keeps its layout, see `core.gallery.likeness`; None where it cannot be read."""
        try:
            layout = colour_layout(thumbnail(picture.path, LOOKED_AT_PX))
        except UnreadablePicture:
            layout = None
        self._writer.put_layout(picture.id, picture.stamp, layout)
        return layout

    def mark(self, pictures: Sequence[int], change: MarkChange) -> Marked:
        """Changes what people added to pictures, in their files first, and returns what they were and are.

        Raises SaveFailed; the pictures before that one are changed.
        """
        return self._marked(self._finder.pictures(pictures), lambda _picture, before: change.applied_to(before))

    def set_marks(self, marks: Mapping[Path, Marks]) -> Marked:
        """Gives pictures these marks, such as those from before `mark`. Raises SaveFailed."""
        found = (self._finder.picture_at(path) for path in marks)
        known = [picture for picture in found if picture is not None]
        return self._marked(known, lambda picture, _before: marks[picture.path])

    def delete(self, pictures: Sequence[int]) -> Generator[Deleted, None, None]:
        """Moves pictures to the trash, or to the library's bin where there is none; tells of each one.

        Pass the answer to `restore` to undo it. Raises SaveFailed; the pictures before that one are deleted.
        """
        for picture in self._finder.pictures(pictures):
            deleted = delete(
                picture.path, picture.folder, self.mark_store.read(picture.path), self._trash, self._disk
            )
            self.mark_store.forget(picture.path)
            self._writer.forget([picture.id])
            yield deleted

    def restore(self, deleted: Deleted) -> LibraryPicture | None:
        """Takes a deleted picture back. Raises SaveFailed."""
        restore(deleted, self._trash, self._disk)
        if self.mark_store.read(deleted.picture) != deleted.marks:
            self.mark_store.write(deleted.picture, deleted.marks)
        return self.index(deleted.picture)

    def rename(self, picture: int, stem: str) -> Moved:
        """Gives a picture another name (without suffix). Raises InvalidRequest, SaveFailed."""
        (before,) = self._finder.pictures([picture])
        return self._move(before, before.path.with_name(checked_stem(stem) + before.path.suffix))

    def rename_all(self, pictures: Sequence[int], pattern: str) -> Generator[Moved, None, None]:
        """Names pictures by a pattern, see `named_by`; a name that is taken gets a number at its end.

        Raises InvalidRequest for a part that there is not, and SaveFailed; the pictures before are renamed.
        """
        check_pattern(pattern, OWN_PARTS)
        for number, picture in enumerate(self._finder.pictures(pictures), start=1):
            yield self._move(picture, named_by(pattern, picture, number))

    def move(self, pictures: Sequence[int], folder: Path) -> Generator[Moved, None, None]:
        """Moves pictures to a folder in the library; tells of each one.

        Raises InvalidRequest when the folder is not in the library, and SaveFailed; the pictures before are moved.
        """
        if library_folder_of(self.library, folder) is None:
            raise InvalidRequest("folder", str(folder), tr("a folder in the gallery"))
        for picture in self._finder.pictures(pictures):
            yield self._move(picture, folder / picture.path.name)

    def put_back(self, moved: Moved) -> None:
        """Undoes `rename` or `move`. Raises SaveFailed."""
        if (picture := self._finder.picture_at(moved.now)) is not None:
            self._move(picture, moved.before)

    def pictures(self, numbers: Sequence[int]) -> list[LibraryPicture]:
        """Returns these pictures, without those that are gone."""
        return self._finder.pictures(numbers)

    def close(self) -> None:
        self._finder.close()
        self._writer.close()
        self._lock.close()

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _marked(
        self, pictures: Sequence[LibraryPicture], marks_of: Callable[[LibraryPicture, Marks], Marks]
    ) -> Marked:
        before: dict[Path, Marks] = {}
        after: dict[Path, Marks] = {}
        for picture in pictures:
            before[picture.path] = self.mark_store.read(picture.path)
            after[picture.path] = marks_of(picture, before[picture.path])
            self._set_marks(picture, after[picture.path])
        return Marked(tuple(picture.id for picture in pictures), before, after)

    def _move(self, picture: LibraryPicture, target: Path) -> Moved:
        if target == picture.path:
            return Moved(picture.id, target, target)
        marks = self.mark_store.read(picture.path)
        move_together(picture.path, target, self._disk)
        self.mark_store.forget(picture.path)
        if self.mark_store.read(target) != marks:  # they were in the mirror
            self.mark_store.write(target, marks)
        folder = library_folder_of(self.library, target)
        state = state_of(folder.path, target, self.mark_store.stamp(target)) if folder else None
        if folder and state:
            self._writer.set_place(picture.id, self._writer.folder_id(folder.path), state)
        return Moved(picture.id, picture.path, target)

    def _set_marks(self, picture: LibraryPicture, marks: Marks) -> None:
        self.mark_store.write(picture.path, marks)
        self._writer.put_marks(picture.id, marks, self.mark_store.stamp(picture.path))

    def _is_own(self, path: Path) -> bool:
        folder = library_folder_of(self.library, path)
        return folder is not None and folder.is_own


def _has_something(folder: Path) -> bool:
    """Returns whether a folder has content; an unplugged drive is no folder, or an empty one."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _locked(folder: Path) -> FileIO:
    path = folder / LOCK_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = FileIO(path, "a+")
    except OSError as error:
        raise SaveFailed(path, words_of(error)) from error
    if lock(file):
        return file
    file.close()
    raise LibraryInUse(folder)
