"""Turns a query into the WHERE of an SQL statement; values never become part of its text.

The words of its text are left out: `core.gallery.finder` asks the full-text search for them on its own.
"""

from collections.abc import Callable
from pathlib import Path

from core.gallery.query import Query
from core.gallery.search_text import question
from core.gallery.stored_values import signed, stored

_FLAGS = {True: "", False: "NOT "}


def conditions(query: Query) -> tuple[str, list[object]]:
    """`` WHERE ...`` over the table ``picture``, or "", and the values for its question marks."""
    parts: list[str] = []
    values: list[object] = []

    def add(part: str, *with_values: object) -> None:
        parts.append(part)
        values.extend(with_values)

    if literal := question(query.text).literal:
        columns = ("prompt", "negative_prompt", "note", "name")
        add(" OR ".join(f"instr(picture.{column}, ?)" for column in columns), *[literal] * len(columns))
    for name in dict.fromkeys(name for name, _ in sorted(query.facets)):
        wanted = [value for other, value in query.facets if other == name]
        marks = ",".join("?" * len(wanted))
        add(f"picture.id IN (SELECT picture FROM facet WHERE name = ? AND value IN ({marks}))", name, *wanted)
    if query.since:
        add("picture.day >= ?", query.since.toordinal())
    if query.until:
        add("picture.day <= ?", query.until.toordinal())
    if query.smallest_rating:
        add("picture.rating >= ?", query.smallest_rating)
    if query.is_favourite is not None:
        add(f"{_FLAGS[query.is_favourite]}picture.is_favourite")
    if query.has_film is not None:
        add(f"{_FLAGS[query.has_film]}picture.has_film")
    if query.is_unreadable is not None:
        add(f"{_FLAGS[query.is_unreadable]}picture.problem != ''")
    if query.seed is not None:
        add("picture.seed = ?", signed(query.seed))
    if query.collection is not None:
        add("picture.id IN (SELECT picture FROM collection WHERE name = ?)", query.collection)
    for tag in query.tags:
        add("picture.id IN (SELECT picture FROM tag WHERE name = ?)", tag)
    if query.folder:
        _add_folder(query.folder, add)
    storable = [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in values]
    return " WHERE " + " AND ".join(f"({part})" for part in parts) if parts else "", storable


def _add_folder(folder: Path, add: Callable[..., None]) -> None:
    start = folder.as_posix().rstrip("/") + "/"
    add(
        "(picture.folder, picture.directory) IN (SELECT DISTINCT other.folder, other.directory "
        "FROM picture AS other JOIN folder ON folder.id = other.folder "
        "WHERE substr(folder.path || '/' || other.directory || '/', 1, ?) = ?)",
        len(start),
        stored(start),
    )
