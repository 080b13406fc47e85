"""Changes the index by the only connection that writes, in one thread at a time."""

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import SaveFailed
from core.gallery.marks import Marks
from core.gallery.order import put_in_order
from core.gallery.record import FileState, Record
from core.gallery.search_text import words
from core.gallery.stored_values import CHECKSUM, COLUMNS, loaded, row_checksum, signed, stored

_PUT = (
    f"INSERT INTO picture ({', '.join(COLUMNS)}, checksum, order_ms) "
    f"VALUES ({', '.join(f':{column}' for column in COLUMNS)}, :checksum, :created_ms) "
    "ON CONFLICT (folder, directory, name) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in (*COLUMNS[3:], "checksum", "order_ms"))
    + " RETURNING id"
)

_OF_PLACE = 7
"""Columns that tell of the file, the first ones."""

_OF_PICTURE = (("picture_facet", "picture"), ("tag", "picture"), ("collection", "picture"), ("words", "rowid"))
"""The other tables with rows of a picture, and their columns of its id."""

_CHECKED_AT_ONCE = 100
"""Rows. For each one SQLite calls Python and other threads may run: the window hardly gets its turn meanwhile."""


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that the index has: its row and the state in which its file was read."""

    id: int
    state: FileState


class IndexWriter:
    """Writes rows; each method is one transaction unless inside `batch`.

    Raises SaveFailed, as when the disk is full, and sqlite3.DatabaseError when the index is damaged.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._is_in_batch = False

    @contextmanager
    def batch(self) -> Generator[None]:
        """Makes all inside one transaction, kept whole or not at all."""
        if self._is_in_batch:
            yield
            return
        self._is_in_batch = True
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.commit()
        except BaseException as error:
            self._connection.rollback()
            if isinstance(error, sqlite3.Error) and not is_damage(error):
                raise SaveFailed(self._path, str(error)) from error
            raise
        finally:
            self._is_in_batch = False

    def folder_id(self, path: Path) -> int:
        """Returns the row of a library folder, made where it is missing."""
        name = (stored(path.as_posix()),)
        with self.batch():
            self._connection.execute("INSERT OR IGNORE INTO folder (path) VALUES (?)", name)
        return self._connection.execute("SELECT id FROM folder WHERE path = ?", name).fetchone()[0]

    def keep_folders(self, paths: Iterable[Path]) -> None:
        """Forgets all other folders with their pictures."""
        kept = {stored(path.as_posix()) for path in paths}
        with self.batch():
            for number, path in self._connection.execute("SELECT id, path FROM folder").fetchall():
                if path not in kept:
                    self._connection.execute("DELETE FROM folder WHERE id = ?", (number,))

    def set_away(self, folder: int, *, is_away: bool) -> None:
        with self.batch():
            self._connection.execute("UPDATE folder SET is_away = ? WHERE id = ?", (is_away, folder))

    def directories(self, folder: int) -> set[str]:
        found = self._connection.execute("SELECT DISTINCT directory FROM picture WHERE folder = ?", (folder,))
        return {loaded(directory) for (directory,) in found}

    def known(self, folder: int, directory: str) -> dict[str, Known]:
        """Returns the pictures of one directory by their file names."""
        found = self._connection.execute(
            "SELECT id, name, size_bytes, modified_ns, marks_stamp, has_film FROM picture "
            "WHERE folder = ? AND directory = ?",
            (folder, stored(directory)),
        )
        return {
            (name := loaded(stored_name)): Known(
                number, FileState(directory, name, size, modified, stamp, bool(has_film))
            )
            for number, stored_name, size, modified, stamp, has_film in found
        }

    def put(self, folder: int, record: Record) -> int:
        """Adds a picture or replaces what is known of it, and returns its id."""
        state, marks = record.state, record.marks
        with self.batch():
            values = {
                **_place(folder, state),
                "width": record.size.width,
                "height": record.size.height,
                "created_ms": record.created_ms,
                "day": record.day,
                "steps": record.steps,
                "seed": None if record.seed is None else signed(record.seed),
                "rating": marks.rating,
                "is_favourite": int(marks.is_favourite),
                "run": record.run,
                "parent_run": record.parent_run,
                "parent_step": record.parent_step,
                "parent_changes": record.parent_changes,
                "program": record.program,
                "problem": record.problem,
                "prompt": record.prompt,
                "negative_prompt": record.negative_prompt,
                "note": marks.note,
                "kept_step": record.kept_step,
                "batch": record.batch,
                "is_sheet": int(record.is_sheet),
                "enlarged": record.enlarged,
                "number": record.number,
            }
            values["checksum"] = row_checksum(values, marks.tags, marks.collections)
            (last,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM picture").fetchone()
            (number,) = self._connection.execute(_PUT, values).fetchone()
            if record.number is not None:
                put_in_order(self._connection, number, values)
            if number <= last:  # a new row is the last one, and has nothing in the other tables
                for table, key in _OF_PICTURE:
                    self._connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (number,))
            self._connection.executemany("INSERT OR IGNORE INTO facet (name, value) VALUES (?, ?)", record.facets)
            self._connection.executemany(
                "INSERT INTO picture_facet SELECT id, ? FROM facet WHERE name = ? AND value = ?",
                ((number, *facet) for facet in record.facets),
            )
            self._insert_names(number, marks)
            self._connection.execute(
                "INSERT INTO words (rowid, prompt, negative_prompt, marks, file) VALUES (?, ?, ?, ?, ?)",
                (
                    number,
                    words(record.prompt),
                    words(record.negative_prompt),
                    _mark_words(marks),
                    words(state.name.rpartition(".")[0]),
                ),
            )
        return number

    def put_marks(self, number: int, marks: Marks, stamp: int) -> None:
        """Replaces what people added to a picture; ``stamp`` as `MarkStore.stamp`."""
        with self.batch():
            self._connection.execute(
                "UPDATE picture SET rating = ?, is_favourite = ?, note = ?, marks_stamp = ? WHERE id = ?",
                (marks.rating, marks.is_favourite, marks.note, stamp, number),
            )
            for table in ("tag", "collection"):
                self._connection.execute(f"DELETE FROM {table} WHERE picture = ?", (number,))
            self._insert_names(number, marks)
            self._update_checksum(number)
            self._connection.execute("UPDATE words SET marks = ? WHERE rowid = ?", (_mark_words(marks), number))

    def put_layout(self, number: int, modified_ns: int, layout: bytes | None) -> None:
        """Notes what a picture looks like, see `core.gallery.likeness`; None where it cannot be read."""
        with self.batch():
            self._connection.execute(
                "INSERT OR REPLACE INTO likeness SELECT id, ?, ? FROM picture WHERE id = ?",
                (modified_ns, layout, number),
            )

    def set_film(self, number: int, *, has_film: bool) -> None:
        with self.batch():
            self._connection.execute("UPDATE picture SET has_film = ? WHERE id = ?", (has_film, number))
            self._update_checksum(number)

    def set_place(self, number: int, folder: int, state: FileState) -> None:
        """A picture has another name or lies elsewhere now; what else is known of it stays."""
        with self.batch():
            self._connection.execute(
                f"UPDATE picture SET {', '.join(f'{column} = :{column}' for column in COLUMNS[:_OF_PLACE])} "
                "WHERE id = :id",
                {**_place(folder, state), "id": number},
            )
            self._update_checksum(number)
            file = words(state.name.rpartition(".")[0])
            self._connection.execute("UPDATE words SET file = ? WHERE rowid = ?", (file, number))

    def forget(self, numbers: Iterable[int]) -> None:
        """Takes pictures out of the index; the files are not touched."""
        with self.batch():
            self._connection.executemany("DELETE FROM picture WHERE id = ?", ((number,) for number in numbers))

    def forget_damaged(self) -> Iterator[None]:
        """Takes out the rows whose values are not those that were written, a part of all rows with each step."""
        (last,) = self._connection.execute("SELECT max(id) FROM picture").fetchone()
        for start in range(0, 0 if last is None else last + 1, _CHECKED_AT_ONCE):
            damaged = self._connection.execute(
                f"SELECT id FROM picture WHERE id BETWEEN ? AND ? AND checksum != {CHECKSUM}",
                (start, start + _CHECKED_AT_ONCE - 1),
            ).fetchall()
            if damaged:
                self.forget(number for (number,) in damaged)
            yield

    def check(self) -> None:
        """A thorough check, of indexes against tables too. Raises sqlite3.DatabaseError."""
        (verdict,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            self.mark_damaged()
            raise sqlite3.DatabaseError(str(verdict))

    def mark_damaged(self) -> None:
        """Lets the index be taken for none when it is opened the next time."""
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA application_id = 0")

    def close(self) -> None:
        """Leaves one file, without a write-ahead log."""
        with suppress(sqlite3.Error):  # a damaged one is replaced the next time
            self._connection.execute("PRAGMA optimize")
        self._connection.close()

    def _insert_names(self, number: int, marks: Marks) -> None:
        for table, names in (("tag", marks.tags), ("collection", marks.collections)):
            if names:
                self._connection.executemany(
                    f"INSERT INTO {table} VALUES (?, ?)", ((number, name) for name in names)
                )

    def _update_checksum(self, number: int) -> None:
        self._connection.execute(f"UPDATE picture SET checksum = {CHECKSUM} WHERE id = ?", (number,))


def is_damage(error: sqlite3.Error) -> bool:
    """Returns whether an error means a damaged file rather than a full disk or a busy index."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _place(folder: int, state: FileState) -> dict[str, object]:
    """Returns the first columns of a row."""
    return {
        "folder": folder,
        "directory": stored(state.directory),
        "name": stored(state.name),
        "size_bytes": state.size_bytes,
        "modified_ns": state.modified_ns,
        "marks_stamp": state.marks_stamp,
        "has_film": int(state.has_film),
    }


def _mark_words(marks: Marks) -> str:
    return words(" ".join((marks.note, *marks.tags, *marks.collections)))
