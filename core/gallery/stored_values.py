"""Stores values that SQLite cannot hold directly, file names and seeds; and checksums of rows."""

import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping

_SIGN = 2**63
_RANGE = 2**64
_SEPARATOR = "\x1f"

COLUMNS = (
    "folder",
    "directory",
    "name",
    "size_bytes",
    "modified_ns",
    "marks_stamp",
    "has_film",
    "width",
    "height",
    "created_ms",
    "day",
    "steps",
    "seed",
    "rating",
    "is_favourite",
    "run",
    "parent_run",
    "parent_step",
    "parent_changes",
    "program",
    "problem",
    "prompt",
    "negative_prompt",
    "note",
    "kept_step",
    "batch",
    "is_sheet",
    "enlarged",
    "number",
)
"""The columns of a row of the table ``picture`` beside its id, its checksum and what follows from others."""

CHECKSUM = (
    f"row_checksum({', '.join(COLUMNS)}, "
    "(SELECT group_concat(name, char(31)) FROM tag WHERE picture = picture.id), "
    "(SELECT group_concat(name, char(31)) FROM collection WHERE picture = picture.id))"
)
"""The expression for a row's checksum, which finds what a failing disk has changed.

The tables of facets need none: their indexes hold all a second time, and SQLite's check compares them.
"""


def add_checksum(connection: sqlite3.Connection) -> None:
    """Makes `CHECKSUM` known to a connection."""
    connection.create_function("row_checksum", len(COLUMNS) + 2, _row_checksum, deterministic=True)


def stored(name: str) -> str | bytes:
    """Returns a file name for the database: its bytes when they are no Unicode, which happens on Linux."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name)
    return name


def loaded(name: str | bytes) -> str:
    """Returns the file name again."""
    return os.fsdecode(name)


def signed(seed: int) -> int:
    """Returns a seed of up to 64 bits as one of SQLite's integers, which have a sign."""
    return seed - _RANGE if seed >= _SIGN else seed


def unsigned(stored_seed: int) -> int:
    return stored_seed + _RANGE if stored_seed < 0 else stored_seed


def row_checksum(values: Mapping[str, object], tags: Iterable[str], collections: Iterable[str]) -> int:
    """Returns the value of `CHECKSUM` for a row that is not written yet, its truth values as numbers."""
    names = (_SEPARATOR.join(sorted(found)) or None for found in (tags, collections))
    return _row_checksum(*(values[column] for column in COLUMNS), *names)


def _row_checksum(*values: object) -> int:
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))
