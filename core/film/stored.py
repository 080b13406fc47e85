"""The films in a folder: which runs were cut off, how much room films take, and removing old ones."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.errors import FilmBroken, SaveFailed
from core.files.atomic import words_of
from core.files.lock import lock
from core.film.attention_file import attention_of_film
from core.film.reader import PART_SUFFIX, SUFFIX, completed_calls, read_outline
from core.request.request import GenerationRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFilm:
    """A film on disk, with what was recorded of its words. ``made`` is when it was last written, in local time."""

    path: Path
    size_bytes: int
    made: datetime


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that was cut off.

    Attributes:
        path: its film. request: its settings. step: how many of its steps are done.
        made: when its last step was written, in local time.
    """

    path: Path
    request: GenerationRequest
    step: int
    made: datetime


def unfinished(folder: Path) -> list[UnfinishedRun]:
    """Returns the runs that were cut off after at least one call and that nobody is writing now, newest first."""
    parts = sorted(_films(folder, f"*{PART_SUFFIX}"), key=lambda film: film.made, reverse=True)
    return [run for film in parts if (run := _taken_up(film)) is not None]


def take_up(folder: Path, run: str) -> Path | None:
    """Returns the film of this run if it can be taken up, whole or cut off.

    One that was cut off before its first call, or is damaged, is removed, unless somebody is writing it. Raises
    SaveFailed where it cannot be, as on Windows while another program has it open.
    """
    part, whole = folder / (run + PART_SUFFIX), folder / (run + SUFFIX)
    if part.is_file() and not _is_being_written(part):
        with suppress(FilmBroken):
            if completed_calls(part):
                return part
        try:
            part.unlink(missing_ok=True)
        except OSError as error:
            raise SaveFailed(part, words_of(error)) from error
    return whole if whole.is_file() else None


def films(folder: Path) -> list[StoredFilm]:
    """Returns all films in a folder and below it, finished or cut off, oldest first; none being written."""
    found = [film for film in _films(folder, f"*{SUFFIX}*") if not _is_being_written(film.path)]
    return sorted(found, key=lambda film: film.made)


def remove_older(folder: Path, before: datetime) -> int:
    """Removes those of `films` that were last written before a date, and returns the bytes that freed.

    What was recorded of their words goes with them. Films that cannot be removed are left. ``before`` is naive
    local time.
    """
    freed = 0
    for film in films(folder):
        if film.made < before:
            try:
                film.path.unlink()
                attention_of_film(film.path).unlink(missing_ok=True)
            except OSError as error:
                log.warning("%s cannot be removed: %s", film.path, words_of(error))
                continue
            freed += film.size_bytes
    return freed


def _films(folder: Path, pattern: str) -> Iterator[StoredFilm]:
    for path in folder.rglob(pattern):
        try:
            status = path.lstat()
        except OSError:
            continue
        if path.is_file() and not path.is_symlink():
            size = status.st_size + _size_of(attention_of_film(path))
            yield StoredFilm(path, size, datetime.fromtimestamp(status.st_mtime))


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _taken_up(part: StoredFilm) -> UnfinishedRun | None:
    """Returns the run of a film, None for one that is damaged, has no step, or is being written."""
    try:
        film, calls = read_outline(part.path)
    except FilmBroken:
        return None
    if not calls or _is_being_written(part.path):
        return None
    return UnfinishedRun(part.path, film.request, film.schedule.steps[calls - 1] + 1, part.made)


def _is_being_written(path: Path) -> bool:
    """Finished films have their name only when nobody writes them any more."""
    if path.name.endswith(SUFFIX):
        return False
    try:
        with path.open("rb", buffering=0) as file:
            return not lock(file)
    except OSError:
        return True
