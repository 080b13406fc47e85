"""Answers questions about the library from the index, fast enough for every key that is pressed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.gallery.conditions import conditions
from core.gallery.marks import names
from core.gallery.query import Answer, Facet, Facets, Group, LibraryPicture, Query, Section, Sort
from core.gallery.schema import open_for_reading
from core.gallery.stored_values import loaded, stored, unsigned
from core.request import Size

_ORDERS = {
    Sort.newest: "picture.created_ms DESC, picture.id DESC",
    Sort.oldest: "picture.created_ms, picture.id",
    Sort.rating: "picture.rating DESC, picture.created_ms DESC, picture.id DESC",
    Sort.largest: "picture.width * picture.height DESC, picture.created_ms DESC, picture.id DESC",
    Sort.file_name: "picture.name COLLATE NOCASE, picture.id",
}
_GROUPS = {
    Group.day: ("picture.day", "picture.day DESC"),
    Group.model: ("picture.model", "picture.model = '', picture.model"),
    Group.collection: ("collection.name", "collection.name IS NULL, collection.name"),
}
_PICTURE = """
SELECT picture.id, folder.path, directory, name, width, height, size_bytes, created_ms, prompt, negative_prompt,
    model, sampler, steps, seed, program, run, parent_run, rating, is_favourite, note, has_film, modified_ns,
    is_away, problem
FROM picture JOIN folder ON folder.id = picture.folder
"""
_MOST_FACETS = 1_000


class Finder:
    """Reads the index while another connection may be writing it. For one thread at a time; close it.

    Every method raises sqlite3.Error when the index is damaged or gone.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = open_for_reading(folder)

    def find(self, query: Query) -> Answer:
        """All pictures that a query finds, in order."""
        where, values = conditions(query)
        order = _ORDERS[query.sort]
        if query.group is Group.nothing:
            rows = self._connection.execute(f"SELECT picture.id FROM picture{where} ORDER BY {order}", values)
            return Answer(_numbers(rows))
        column, group_order = _GROUPS[query.group]
        if query.group is Group.day and query.sort in (Sort.newest, Sort.oldest):
            group_order = order  # days come in the order of time
        join = ""
        if query.group is Group.collection:
            join = " LEFT JOIN collection ON collection.picture = picture.id"
            if query.collection is not None:
                join += " AND collection.name = ?"
                values = [query.collection, *values]
        rows = self._connection.execute(
            f"SELECT picture.id, {column} FROM picture{join}{where} ORDER BY {group_order}, {order}", values
        ).fetchall()
        return Answer(_numbers(rows), _sections([row[1] for row in rows], query.group))

    def count(self, query: Query | None = None) -> int:
        """How many pictures there are, or how many a query finds."""
        where, values = conditions(query or Query())
        return self._connection.execute(f"SELECT count(*) FROM picture{where}", values).fetchone()[0]

    def pictures(self, ids: Sequence[int] | NDArray[np.int64]) -> list[LibraryPicture]:
        """What is known of these pictures, in their order, without those that are gone; for a window of a list."""
        numbers = [int(number) for number in ids]
        marks = ",".join("?" * len(numbers))
        found = self._connection.execute(f"{_PICTURE} WHERE picture.id IN ({marks})", numbers)
        by_id = {row[0]: _picture(row) for row in found}
        return [by_id[number] for number in numbers if number in by_id]

    def picture_at(self, path: Path) -> LibraryPicture | None:
        """The picture with this path, if the index has it."""
        found = self._connection.execute(
            f"{_PICTURE} WHERE name = ? AND folder.path || iif(directory = '', '', '/' || directory) = ?",
            (stored(path.name), stored(path.parent.as_posix())),
        ).fetchone()
        return _picture(found) if found else None

    def marks_of(self, picture: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The tags and the collections of one picture."""
        return self._names("tag", picture), self._names("collection", picture)

    def facets(self) -> Facets:
        """What the filters can offer."""
        first, last = self._connection.execute(
            "SELECT (SELECT day FROM picture ORDER BY created_ms LIMIT 1), "
            "(SELECT day FROM picture ORDER BY created_ms DESC LIMIT 1)"
        ).fetchone()
        return Facets(
            models=self._facets("model", "picture WHERE model != ''"),
            samplers=self._facets("sampler", "picture WHERE sampler != ''"),
            sizes=self._facets("width || 'x' || height", "picture WHERE width > 0", "width, height"),
            tags=self._facets("name", "tag"),
            collections=self._facets("name", "collection"),
            first_day=date.fromordinal(first) if first else None,
            last_day=date.fromordinal(last) if last else None,
        )

    def close(self) -> None:
        self._connection.close()

    def _names(self, table: str, picture: int) -> tuple[str, ...]:
        found = self._connection.execute(f"SELECT name FROM {table} WHERE picture = ?", (picture,))
        return names(name for (name,) in found)

    def _facets(self, column: str, source: str, group: str | None = None) -> tuple[Facet, ...]:
        found = self._connection.execute(
            f"SELECT {column}, count(*) AS number FROM {source} GROUP BY {group or column} "
            f"ORDER BY number DESC, {column} LIMIT {_MOST_FACETS}"
        )
        return tuple(Facet(name, number) for name, number in found)


def _numbers(rows: Any) -> NDArray[np.int64]:
    return np.fromiter((row[0] for row in rows), np.int64)


def _sections(keys: list[Any], group: Group) -> tuple[Section, ...]:
    starts = [place for place, key in enumerate(keys) if place == 0 or key != keys[place - 1]]
    ends = [*starts[1:], len(keys)]
    return tuple(
        Section(_title(keys[start], group), start, end - start) for start, end in zip(starts, ends, strict=True)
    )


def _title(key: Any, group: Group) -> str:
    return date.fromordinal(key).isoformat() if group is Group.day else key or ""


def _picture(row: tuple[Any, ...]) -> LibraryPicture:
    folder = Path(loaded(row[1]))
    return LibraryPicture(
        id=row[0],
        path=folder / loaded(row[2]) / loaded(row[3]),
        folder=folder,
        size=Size(row[4], row[5]),
        size_bytes=row[6],
        created=_local(row[7]),
        prompt=row[8],
        negative_prompt=row[9],
        model=row[10],
        sampler=row[11],
        steps=row[12],
        seed=None if row[13] is None else unsigned(row[13]),
        program=row[14],
        run=row[15],
        parent_run=row[16],
        rating=row[17],
        is_favourite=bool(row[18]),
        note=row[19],
        has_film=bool(row[20]),
        stamp=row[21],
        is_away=bool(row[22]),
        problem=row[23],
    )


def _local(created_ms: int) -> datetime:
    try:
        return datetime.fromtimestamp(created_ms / 1000)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0)
