"""The files that belong to a picture, its film, words and marks, and how they are moved together with it."""

import logging
import re
from pathlib import Path

from core.errors import InvalidRequest, SaveFailed
from core.files.atomic import DISK, FileSystem, copy_new_file, words_of
from core.film.attention_file import attention_path
from core.film.reader import film_path
from core.gallery.marks import sidecar
from core.gallery.record import SUFFIXES
from core.language.words import tr

log = logging.getLogger(__name__)

LONGEST_STEM_BYTES = 180
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def companions(picture: Path) -> tuple[Path, ...]:
    """Returns the files beside a picture that belong to it alone, as far as they are there."""
    beside = [sidecar(picture)]
    others = (picture.with_suffix(suffix) for suffix in SUFFIXES)
    if not any(other != picture and other.exists() for other in others):
        beside += [film_path(picture), attention_path(picture)]
    return tuple(path for path in beside if path.exists())


def moved(file: Path, picture: Path, target: Path) -> Path:
    """Returns the place of a companion of ``picture`` after a move of the picture to ``target``."""
    if file == picture:
        return target
    return next(of(target) for of in (sidecar, film_path, attention_path) if of(picture) == file)


def move_together(picture: Path, target: Path, disk: FileSystem = DISK) -> None:
    """Gives a picture and its companions a new name or folder; no other file is ever replaced.

    All are there under the new names before any old one goes: whenever this is cut off, nothing is lost.
    Raises SaveFailed, and everything is where it was.
    """
    files = (*companions(picture), picture)
    made: list[Path] = []
    try:
        for file in files:
            new = moved(file, picture, target)
            copy_new_file(file, new, disk)
            made.append(new)
    except BaseException as error:
        for path in made:
            _remove(path, disk)
        if isinstance(error, FileExistsError):
            raise SaveFailed(target, tr("there is a file of this name")) from error
        raise
    try:
        for file in reversed(files):
            disk.remove(file)
    except OSError as error:
        if picture.exists():  # nothing is gone yet: the picture is the first
            for path in made:
                _remove(path, disk)
            raise SaveFailed(picture, words_of(error)) from error
        log.warning("%s cannot be removed after it was moved: %s", picture.parent, words_of(error))


def checked_stem(text: str) -> str:
    """Returns a name that somebody typed for a picture, without its suffix. Raises InvalidRequest.

    Valid on every system, so that a folder can be carried from one to another.
    """
    stem = text.strip()
    if (
        not stem
        or stem.startswith(".")
        or stem.endswith(".")
        or _FORBIDDEN.search(stem)
        or _RESERVED.fullmatch(stem)
        or len(stem.encode()) > LONGEST_STEM_BYTES
    ):
        raise InvalidRequest(
            "name",
            text[:100],
            tr(
                'a name of up to {longest_stem_bytes} bytes without any of / \\ : * ? " < > |, no dot at its '
                "start or end, and none that Windows keeps for itself",
                longest_stem_bytes=LONGEST_STEM_BYTES,
            ),
        )
    return stem


def _remove(path: Path, disk: FileSystem) -> None:
    try:
        disk.remove(path)
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, words_of(error))
