"""The folders that make up the library, kept in a small file that outlives the index."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from core.errors import InvalidRequest, SaveFailed
from core.files.atomic import DISK, FileSystem, words_of, write_file
from core.language.words import tr

log = logging.getLogger(__name__)

FILE_NAME = "library.json"
DAMAGED_NAME = "library.damaged.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class LibraryFolder:
    """A folder whose pictures are shown, with those in the folders below it.

    Attributes:
        is_own: marks may be written beside its pictures; False for a folder of another program, which is read in
            place.
    """

    path: Path
    is_own: bool = False


def load_library(folder: Path, pictures: Path, disk: FileSystem = DISK) -> tuple[LibraryFolder, ...]:
    """Returns the library folders: always the one for finished pictures first, then those that were added.

    When finished pictures go elsewhere, their folder from before stays in the library.
    """
    kept = _read(folder / FILE_NAME)
    library = (LibraryFolder(pictures, is_own=True), *(item for item in kept if item.path != pictures))
    if library != tuple(kept):
        try:
            save_library(library, folder, disk)
        except SaveFailed as error:
            log.warning("the library folders cannot be kept: %s", error)
    return library


def save_library(library: Iterable[LibraryFolder], folder: Path, disk: FileSystem = DISK) -> None:
    """Keeps the library folders. Raises SaveFailed."""
    content = {"format": FORMAT, "folders": [{"path": str(item.path), "is_own": item.is_own} for item in library]}
    write_file(folder / FILE_NAME, json.dumps(content, indent=2).encode(), disk)


def with_folder(library: tuple[LibraryFolder, ...], added: LibraryFolder) -> tuple[LibraryFolder, ...]:
    """Returns the library with one more folder. Raises InvalidRequest when its pictures are there already."""
    if not added.path.is_absolute() or "\0" in str(added.path) or not added.path.is_dir():
        raise InvalidRequest("folder", str(added.path), tr("a folder that is there"))
    for present in library:
        if added.path.is_relative_to(present.path):
            raise InvalidRequest(
                "folder", str(added.path), tr("outside {path}, which is in the gallery", path=present.path)
            )
    return (*library, added)


def library_folder_of(library: Iterable[LibraryFolder], path: Path) -> LibraryFolder | None:
    """Returns the innermost library folder that a path lies in."""
    around = [folder for folder in library if path.is_relative_to(folder.path)]
    return max(around, key=lambda folder: len(folder.path.parts), default=None)


def _read(path: Path) -> list[LibraryFolder]:
    try:
        content: Any = json.loads(path.read_bytes())
        items = cast("list[dict[str, Any]]", content["folders"])
        return [folder for item in items if (folder := _folder(item))]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SaveFailed(path, words_of(error)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        log.warning("the list of library folders in %s is damaged: %s", path, error)
        try:
            path.replace(path.with_name(DAMAGED_NAME))
        except OSError as failure:
            log.warning("%s cannot be put aside: %s", path, words_of(failure))
        return []


def _folder(item: dict[str, Any]) -> LibraryFolder | None:
    path = Path(str(item.get("path", "")))
    if not path.is_absolute() or "\0" in str(path):
        return None
    return LibraryFolder(path, is_own=item.get("is_own") is True)
