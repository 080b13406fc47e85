"""The rows of the index that make a `LibraryPicture`."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from core.gallery.query import LibraryPicture
from core.gallery.stored_values import loaded, unsigned
from core.request.request import Size


class _Row(NamedTuple):
    """The columns that make a `LibraryPicture`."""

    id: int
    path: str | bytes
    directory: str | bytes
    name: str | bytes
    width: int
    height: int
    size_bytes: int
    created_ms: int
    prompt: str
    negative_prompt: str
    steps: int
    seed: int | None
    program: str
    run: str
    parent_run: str
    parent_changes: str
    kept_step: int
    is_sheet: int
    enlarged: float
    rating: int
    is_favourite: int
    note: str
    has_film: int
    modified_ns: int
    is_away: int
    problem: str


PICTURE = (
    f"SELECT picture.id, {', '.join(_Row._fields[1:])} FROM picture JOIN folder ON folder.id = picture.folder "
)


def picture_of(values: Iterable[Any]) -> LibraryPicture:
    """Returns the picture of a row that `PICTURE` found."""
    row = _Row._make(values)
    folder = Path(loaded(row.path))
    return LibraryPicture(
        id=row.id,
        path=folder / loaded(row.directory) / loaded(row.name),
        folder=folder,
        size=Size(row.width, row.height),
        size_bytes=abs(row.size_bytes),
        created=_local(row.created_ms),
        prompt=row.prompt,
        negative_prompt=row.negative_prompt,
        steps=row.steps,
        seed=None if row.seed is None else unsigned(row.seed),
        program=row.program,
        run=row.run,
        parent_run=row.parent_run,
        is_branch=bool(row.parent_changes),
        kept_step=row.kept_step,
        is_sheet=bool(row.is_sheet),
        enlarged=row.enlarged,
        rating=row.rating,
        is_favourite=bool(row.is_favourite),
        note=row.note,
        has_film=bool(row.has_film),
        stamp=row.modified_ns,
        is_away=bool(row.is_away),
        problem=row.problem,
    )


def _local(created_ms: int) -> datetime:
    try:
        return datetime.fromtimestamp(created_ms / 1000)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0)
