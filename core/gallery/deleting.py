"""Deleting pictures: to the system's trash, or to a bin in the library where there is none, and back again."""

import logging
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from core.errors import SaveFailed
from core.files.atomic import DISK, FileSystem, copy_new_file, first_free, words_of
from core.gallery.companions import companions
from core.gallery.listing import BIN_NAME
from core.gallery.marks import Marks
from core.gallery.system_trash import Trash
from core.language.words import tr

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeletedFile:
    """One file: where it was, and where it is now (None when only the system's trash knows)."""

    original: Path
    now: Path | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A picture that was deleted with its film and marks.

    Attributes:
        files: all that were moved, the picture last.
        marks: what people had added.
        is_in_bin: True when it lies in the library's own bin, since there is no trash.
    """

    picture: Path
    files: tuple[DeletedFile, ...]
    marks: Marks
    is_in_bin: bool

    @property
    def can_be_restored(self) -> bool:
        """Returns whether the program can restore it; otherwise people can, from the system's trash."""
        return all(file.now is not None for file in self.files)


def delete(picture: Path, library_folder: Path, marks: Marks, trash: Trash, disk: FileSystem = DISK) -> Deleted:
    """Moves a picture and what belongs to it away. Raises SaveFailed, and everything is where it was.

    Nothing is ever deleted for good: what the trash does not take goes to the bin.
    """
    files: list[DeletedFile] = []
    is_in_bin = False
    for file in (*companions(picture), picture):
        try:
            try:
                files.append(DeletedFile(file, trash.put(file)))
            except OSError as error:
                log.info("%s goes to the library's bin: %s", file, words_of(error))
                files.append(DeletedFile(file, _put_in_bin(file, library_folder, disk)))
                is_in_bin = True
        except (OSError, SaveFailed) as error:
            restore(Deleted(picture, tuple(files), marks, is_in_bin), trash, disk)
            raise SaveFailed(file, error.reason if isinstance(error, SaveFailed) else words_of(error)) from error
    return Deleted(picture, tuple(files), marks, is_in_bin)


def restore(deleted: Deleted, trash: Trash, disk: FileSystem = DISK) -> None:
    """Takes back what was deleted, without replacing any file. Raises SaveFailed."""
    for file in deleted.files:
        if file.now is None:
            raise SaveFailed(file.original, tr("only the system's trash can restore it"))
        try:
            copy_new_file(file.now, file.original, disk)
        except FileExistsError as error:
            raise SaveFailed(file.original, tr("there is a file of this name")) from error
        try:
            disk.remove(file.now)
            trash.forget(file.now)
        except OSError as error:
            log.warning("%s is restored, and still in the trash: %s", file.original, words_of(error))


def _put_in_bin(file: Path, library_folder: Path, disk: FileSystem) -> Path:
    inside = library_folder / BIN_NAME / file.relative_to(library_folder)
    others = (inside.with_name(f"{copy}-{inside.name}") for copy in count(2))
    place = first_free(lambda free: copy_new_file(file, free, disk), chain((inside,), others))
    disk.remove(file)
    return place
