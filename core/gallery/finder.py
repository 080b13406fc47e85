"""Answers questions about the library from the index, fast enough for every key that is pressed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.gallery.branches import Run, tree_of
from core.gallery.likeness import LEFT, alike
from core.gallery.marks import names
from core.gallery.query import Answer, Facet, Facets, Group, LibraryPicture, Query, Section, Sort
from core.gallery.rows import PICTURE, picture_of
from core.gallery.schema import FACETS, open_for_reading
from core.gallery.search_text import SearchTerms, conditions, question
from core.gallery.stacks import Stacks, stacked, stacks_of
from core.gallery.stored_values import stored

_ORDERS = {
    Sort.newest: "picture.order_ms DESC, picture.id DESC",
    Sort.oldest: "picture.order_ms, picture.id",
    Sort.rating: "picture.rating DESC, picture.order_ms DESC, picture.id DESC",
    Sort.largest: "picture.width * picture.height DESC, picture.order_ms DESC, picture.id DESC",
    Sort.file_name: "picture.name COLLATE NOCASE, picture.id",
}
_GROUPS = {
    Group.day: ("picture.day", "picture.day DESC"),
    Group.collection: ("collection.name", "collection.name IS NULL, collection.name"),
}
_APART = (Group.model, Group.collection)
"""Each of these groups has stacks of its own; days only order pictures: a stack stands on that of its first."""

_MOST_FACETS = 1_000
_MOST_AT_ONCE = 500
_FACETS = "facet JOIN picture_facet ON facet.id = picture_facet.facet"
_SEPARATOR = "\x1f"  # a space to `str.split`, so that no name has it
_ALL_KEYS = "group_concat(coalesce(key, ''), char(31))"
_LAST = "SELECT coalesce(max(id), 0) FROM picture"


class Finder:
    """Reads the index while another connection may be writing it. For one thread at a time; close it.

    Every method raises sqlite3.Error when the index is damaged or gone.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = open_for_reading(folder)
        self._last: tuple[tuple[Query, int], Answer] | None = None
        self._stacks: tuple[int, Stacks] | None = None

    def find(self, query: Query) -> Answer:
        """Returns all pictures that a query finds, in order, as the index is at one moment while others write."""
        self._connection.execute("BEGIN")
        try:
            return self._find(query)
        finally:
            self._connection.rollback()

    def _find(self, query: Query) -> Answer:
        if query.stacks:
            answer = self._find(replace(query, stacks=False))
            return stacked(answer, self._stacks_now(), by_section=query.group in _APART)
        if query.like is not None:
            others = self._find(replace(query, like=None, group=Group.nothing))
            return Answer(alike(self._connection, query.like, others.ids))
        asked = question(query.text)
        if asked.literal:
            return self._ordered(query)
        answer = self._without_words(replace(query, text=""))
        if not asked.wanted and not asked.unwanted:
            return answer
        is_found = self._mask(asked, answer.ids)
        return Answer(answer.ids[is_found], _sections_of(answer.sections, is_found))

    def _stacks_now(self) -> Stacks:
        """Returns the stacks of all pictures from a cache until the index changes."""
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if self._stacks is None or self._stacks[0] != version:
            self._stacks = version, stacks_of(self._connection)
        return self._stacks[1]

    def count(self, query: Query | None = None) -> int:
        """Returns the number of all pictures, or of those that a query finds."""
        if query is not None and (query.text or query.like is not None):
            return self.find(replace(query, group=Group.nothing, stacks=False)).count
        tables, where, values = conditions(query or Query(), needs_picture=False)
        return self._connection.execute(f"SELECT count(*) FROM {tables}{where}", values).fetchone()[0]

    def pictures(self, ids: Sequence[int] | NDArray[np.int64]) -> list[LibraryPicture]:
        """Returns these pictures in their order, without those that are gone; for a window of a list."""
        numbers = [int(number) for number in ids]
        by_id: dict[int, LibraryPicture] = {}
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            some = numbers[start : start + _MOST_AT_ONCE]
            marks = ",".join("?" * len(some))
            found = self._connection.execute(f"{PICTURE} WHERE picture.id IN ({marks})", some)
            by_id |= {row[0]: picture_of(row) for row in found}
        return [by_id[number] for number in numbers if number in by_id]

    def without_layout(self, most: int) -> list[LibraryPicture]:
        """Returns some of the pictures that `core.gallery.likeness` has not looked at."""
        return self.pictures([number for (number,) in self._connection.execute(LEFT, (most,))])

    def picture_at(self, path: Path) -> LibraryPicture | None:
        """Returns the picture with this path, if the index has it."""
        found = self._connection.execute(
            f"{PICTURE} WHERE name = ? COLLATE NOCASE AND name = ? "
            "AND folder.path || iif(directory = '', '', '/' || directory) = ?",
            (stored(path.name), stored(path.name), stored(path.parent.as_posix())),
        ).fetchone()
        return picture_of(found) if found else None

    def marks_of(self, picture: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Returns the tags and the collections of one picture."""
        return self._names("tag", picture), self._names("collection", picture)

    def values_of(self, picture: int) -> dict[str, str]:
        """Returns the values of one picture's settings with a facet, with commas between several."""
        found = self._connection.execute(f"SELECT name, value FROM {_FACETS} WHERE picture = ?", (picture,))
        values: dict[str, str] = {}
        for name, value in found:
            values[name] = f"{values[name]}, {value}" if name in values else value
        return values

    def facets(self) -> Iterator[Facets | None]:
        """Yields the filters' values at the end, and None after each part, so that others may query in between."""
        settings: dict[str, tuple[Facet, ...]] = {}
        for name in FACETS:
            # one count for each value takes half the time of grouping all pictures
            count = "(SELECT count(*) FROM picture_facet WHERE facet = facet.id)"
            settings[name] = self._facets(f"SELECT value, {count} AS number FROM facet WHERE name = ?", name)
            yield None
        tags, collections = (
            self._facets(f"SELECT name, count(*) AS number FROM {table} GROUP BY name")
            for table in ("tag", "collection")
        )
        yield None
        first, last = self._connection.execute(
            "SELECT (SELECT day FROM picture ORDER BY order_ms LIMIT 1), "
            "(SELECT day FROM picture ORDER BY order_ms DESC LIMIT 1)"
        ).fetchone()
        yield Facets(
            settings=settings,
            tags=tags,
            collections=collections,
            first_day=date.fromordinal(first) if first else None,
            last_day=date.fromordinal(last) if last else None,
        )

    def tree_of(self, picture: int) -> tuple[Run, ...]:
        """Returns the branch tree of a picture, see `core.gallery.branches.tree_of`."""
        return tree_of(self._connection, picture)

    def close(self) -> None:
        self._connection.close()

    def _without_words(self, query: Query) -> Answer:
        """Returns `_ordered` from a cache until the index changes: while somebody types, only the words change."""
        key = (query, self._connection.execute("PRAGMA data_version").fetchone()[0])
        if self._last is None or self._last[0] != key:
            self._last = (key, self._ordered(query))
        return self._last[1]

    def _ordered(self, query: Query) -> Answer:
        """Returns the pictures that everything but the words of the query finds."""
        if query.group is Group.model:
            return self._grouped(self._ordered(replace(query, group=Group.nothing)).ids, "model")
        tables, where, values = conditions(query)
        order, key, all_keys = _ORDERS[query.sort], "NULL", "NULL"
        if query.group is not Group.nothing:
            (key, group_order), all_keys = _GROUPS[query.group], _ALL_KEYS
            if query.group is not Group.day or query.sort not in (Sort.newest, Sort.oldest):
                order = f"{group_order}, {order}"  # in the order of time, the days are so too
        if query.group is Group.collection:
            tables += " LEFT JOIN collection ON collection.picture = picture.id"
            if query.collection is not None:
                tables += " AND collection.name = ?"
                values = [query.collection, *values]
        # SQLite joins the numbers five times faster than Python fetches them row by row
        ids, keys = self._connection.execute(
            f"SELECT group_concat(id), {all_keys} FROM "
            f"(SELECT picture.id, {key} AS key FROM {tables}{where} ORDER BY {order})",
            values,
        ).fetchone()
        return Answer(_numbers(ids), _sections(keys.split(_SEPARATOR), query.group) if keys is not None else ())

    def _grouped(self, ids: NDArray[np.int64], name: str) -> Answer:
        """Returns the pictures by their values of a setting, one at most for each; those without one last."""
        found = self._connection.execute(
            f"SELECT value, group_concat(picture) FROM {_FACETS} WHERE name = ? GROUP BY value", (name,)
        ).fetchall()
        group_of = np.full(self._connection.execute(_LAST).fetchone()[0] + 1, len(found))
        for place, (_, pictures) in enumerate(found):
            group_of[_numbers(pictures)] = place
        groups = group_of[ids]
        counts = np.bincount(groups, minlength=len(found) + 1)
        sections = (
            Section(title, int(start), int(count))
            for title, start, count in zip(
                (*(value for value, _ in found), ""), np.cumsum(counts) - counts, counts, strict=True
            )
            if count
        )
        return Answer(ids[np.argsort(groups, kind="stable")], tuple(sections))

    def _mask(self, asked: SearchTerms, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Returns which of the pictures have the words."""
        length = max(int(ids.max(initial=0)), self._connection.execute(_LAST).fetchone()[0]) + 1
        is_found = np.full(length, not asked.wanted)
        if asked.wanted:
            is_found[self._with_words(asked.wanted)] = True
        if asked.unwanted:
            is_found[self._with_words(asked.unwanted)] = False
        return is_found[ids]

    def _with_words(self, expression: str) -> NDArray[np.int64]:
        found = self._connection.execute(
            "SELECT group_concat(rowid) FROM words WHERE words MATCH ?", (expression,)
        )
        return _numbers(found.fetchone()[0])

    def _names(self, table: str, picture: int) -> tuple[str, ...]:
        found = self._connection.execute(f"SELECT name FROM {table} WHERE picture = ?", (picture,))
        return names(name for (name,) in found)

    def _facets(self, counted: str, *values: str) -> tuple[Facet, ...]:
        found = self._connection.execute(f"{counted} ORDER BY number DESC, 1 LIMIT {_MOST_FACETS}", values)
        return tuple(Facet(name, number) for name, number in found if number)


def _numbers(joined: str | None) -> NDArray[np.int64]:
    return np.fromstring(joined or "", np.int64, sep=",")


def _sections(keys: list[str], group: Group) -> tuple[Section, ...]:
    starts = [place for place, key in enumerate(keys) if place == 0 or key != keys[place - 1]]
    ends = [*starts[1:], len(keys)]
    return tuple(
        Section(_title(keys[start], group), start, end - start) for start, end in zip(starts, ends, strict=True)
    )


def _sections_of(sections: tuple[Section, ...], is_found: NDArray[np.bool_]) -> tuple[Section, ...]:
    """Returns the sections as they are when only some of their pictures are left."""
    if not sections:
        return ()
    counts = np.add.reduceat(is_found, [section.start for section in sections], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    return tuple(
        Section(section.title, int(start), int(count))
        for section, start, count in zip(sections, starts, counts, strict=True)
        if count
    )


def _title(key: str, group: Group) -> str:
    return date.fromordinal(int(key)).isoformat() if group is Group.day else key
