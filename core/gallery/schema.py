"""The tables of the index, how older ones are brought up to date, and how a damaged one makes room."""

import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.errors import SaveFailed
from core.files.atomic import words_of
from core.gallery.stored_values import CHECKSUM, add_checksum
from core.language.words import tr
from core.request.settings import SETTINGS

log = logging.getLogger(__name__)

FILE_NAME = "index.sqlite"
DAMAGED_NAME = "index.damaged.sqlite"
_BESIDE = ("", "-wal", "-shm")
_APPLICATION = 0x456D756C  # "Emul"

FACETS = tuple(setting.name for setting in SETTINGS if setting.facet is not None)
"""The settings that the gallery can filter by."""

_FIRST = """
CREATE TABLE folder (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    is_away INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE picture (
    id INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    directory TEXT NOT NULL,
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    marks_stamp INTEGER NOT NULL,
    has_film INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    day INTEGER NOT NULL,
    model TEXT NOT NULL,
    sampler TEXT NOT NULL,
    steps INTEGER NOT NULL,
    seed INTEGER,
    rating INTEGER NOT NULL,
    is_favourite INTEGER NOT NULL,
    run TEXT NOT NULL,
    parent_run TEXT NOT NULL,
    parent_step INTEGER NOT NULL,
    parent_changes TEXT NOT NULL,
    program TEXT NOT NULL,
    problem TEXT NOT NULL,
    prompt TEXT NOT NULL,
    negative_prompt TEXT NOT NULL,
    note TEXT NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0,
    UNIQUE (folder, directory, name)
);
CREATE INDEX picture_by_time ON picture (created_ms, id, day);
CREATE INDEX picture_by_model ON picture (model, created_ms, id);
CREATE INDEX picture_by_sampler ON picture (sampler);
CREATE INDEX picture_by_size ON picture (width, height);
CREATE INDEX picture_by_rating ON picture (rating, created_ms, id);
CREATE INDEX picture_by_name ON picture (name COLLATE NOCASE, id);
CREATE INDEX picture_by_seed ON picture (seed);
CREATE INDEX picture_by_favourite ON picture (is_favourite) WHERE is_favourite;
CREATE INDEX picture_by_film ON picture (has_film, id);
CREATE INDEX picture_by_run ON picture (run) WHERE run != '';
CREATE INDEX picture_by_parent ON picture (parent_run) WHERE parent_run != '';
CREATE INDEX picture_by_problem ON picture (id) WHERE problem != '';
CREATE TABLE tag (
    picture INTEGER NOT NULL REFERENCES picture(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (picture, name)
) WITHOUT ROWID;
CREATE INDEX tag_by_name ON tag (name, picture);
CREATE TABLE collection (
    picture INTEGER NOT NULL REFERENCES picture(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (picture, name)
) WITHOUT ROWID;
CREATE INDEX collection_by_name ON collection (name, picture);
CREATE VIRTUAL TABLE words USING fts5 (
    prompt, negative_prompt, marks, file,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'",
    prefix = '1 2 3'
);
CREATE TRIGGER picture_gone AFTER DELETE ON picture BEGIN DELETE FROM words WHERE rowid = old.id; END;
"""

_FACETS = """
CREATE TABLE facet (
    picture INTEGER NOT NULL REFERENCES picture(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (picture, name, value)
) WITHOUT ROWID;
CREATE INDEX facet_by_value ON facet (name, value, picture);
CREATE TABLE indexed_facet (name TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO facet SELECT id, 'model', model FROM picture WHERE model != '';
INSERT INTO facet SELECT id, 'sampler', sampler FROM picture WHERE sampler != '';
INSERT INTO facet SELECT id, 'size', width || ' × ' || height FROM picture WHERE width > 0;
DROP INDEX picture_by_model;
DROP INDEX picture_by_sampler;
DROP INDEX picture_by_size;
ALTER TABLE picture DROP COLUMN model;
ALTER TABLE picture DROP COLUMN sampler;
"""
"""Values of settings lie in one table, so that another setting needs no migration."""

_NUMBERED_FACETS = """
DROP INDEX facet_by_value;
ALTER TABLE facet RENAME TO had;
CREATE TABLE facet (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (name, value)
);
CREATE TABLE picture_facet (
    facet INTEGER NOT NULL REFERENCES facet(id),
    picture INTEGER NOT NULL REFERENCES picture(id) ON DELETE CASCADE,
    PRIMARY KEY (facet, picture)
) WITHOUT ROWID;
INSERT INTO facet (name, value) SELECT DISTINCT name, value FROM had;
INSERT INTO picture_facet SELECT facet.id, picture FROM had JOIN facet USING (name, value);
CREATE INDEX picture_facet_by_picture ON picture_facet (picture);
DROP TABLE had;
"""
"""Each value stands once, so that counting pictures with it reads a few numbers."""

_LIKENESS = """
CREATE TABLE likeness (
    picture INTEGER PRIMARY KEY REFERENCES picture(id) ON DELETE CASCADE,
    modified_ns INTEGER NOT NULL,
    layout BLOB
);
ALTER TABLE picture ADD COLUMN kept_step INTEGER NOT NULL DEFAULT 0;
"""
"""The colours by which pictures are found that look alike, and the step of those that are no finished pictures."""

_BATCHES = "ALTER TABLE picture ADD COLUMN batch TEXT NOT NULL DEFAULT '';"
"""The request that a picture was made for, see `core.gallery.stacks`."""

_SHEETS = "ALTER TABLE picture ADD COLUMN is_sheet INTEGER NOT NULL DEFAULT 0;"
"""Tells the sheets of grids from pictures."""

_ENLARGED = "ALTER TABLE picture ADD COLUMN enlarged REAL NOT NULL DEFAULT 0;"
"""By how much an upscaler made a picture larger."""

_NUMBERS = """
ALTER TABLE picture ADD COLUMN number INTEGER;
ALTER TABLE picture ADD COLUMN order_ms INTEGER NOT NULL DEFAULT 0;
UPDATE picture SET order_ms = created_ms;
DROP INDEX picture_by_time; DROP INDEX picture_by_rating;
CREATE INDEX picture_by_time ON picture (order_ms, id, day);
CREATE INDEX picture_by_rating ON picture (rating, order_ms, id);
CREATE INDEX picture_by_number ON picture (batch, day, number, order_ms) WHERE number IS NOT NULL;
"""
"""The order of the pictures of one request, see `core.gallery.order`."""

_READ_AGAIN = "UPDATE picture SET size_bytes = -abs(size_bytes)", f"UPDATE picture SET checksum = {CHECKSUM}"
"""Lets the next scan read every picture again: no file has a size below 0, and what is known stays until then."""

MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _FACETS,
    _NUMBERED_FACETS,
    _LIKENESS,
    _BATCHES,
    _SHEETS,
    _ENLARGED,
    _NUMBERS,
)
"""The script at place n brings an index of version n to version n + 1; the first one makes it."""


@dataclass(frozen=True, slots=True)
class OpenedIndex:
    """An index that can be written.

    Attributes:
        fault: why the one that was there could not be used and an empty one has taken its place, or "".
        is_new: True when the pictures must all be read.
    """

    connection: sqlite3.Connection
    fault: str
    is_new: bool


def open_index(folder: Path) -> OpenedIndex:
    """Opens the index in a folder, making or replacing it as needed.

    One that is damaged or of a newer version is kept as ``index.damaged.sqlite``. Raises SaveFailed.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        was_there = path.exists()
        connection, fault = _open_sound(path)
        if connection is None:
            log.info("the index of the library is moved aside: %s", fault)
            _move_aside(path)
            connection, second_fault = _open_sound(path)
            if connection is None:
                raise SaveFailed(path, second_fault)
    except OSError as error:
        raise SaveFailed(path, words_of(error)) from error
    return OpenedIndex(connection, fault, is_new=bool(fault) or not was_there)


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """Returns a connection that cannot change the index; it sees what was last committed. Raises sqlite3.Error."""
    # not SQLite's mode=ro: that cannot take part in a write-ahead log that nobody has open
    connection = sqlite3.connect(f"{(folder / FILE_NAME).as_uri()}?mode=rw", uri=True, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA busy_timeout = 2000")
    connection.execute("PRAGMA cache_size = -32768")
    return connection


def _open_sound(path: Path) -> tuple[sqlite3.Connection | None, str]:
    """Returns the connection, or None and what is wrong with the file."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        return None, str(error)
    try:
        fault = _prepare(connection)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        fault = str(error)
    if fault:
        connection.close()
        return None, fault
    return connection, ""


def _prepare(connection: sqlite3.Connection) -> str:
    """Checks, configures and migrates; returns what is wrong, or ""."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may take the last rows; the scan finds them
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA recursive_triggers = 1")
    add_checksum(connection)
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        return str(verdict)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version > len(MIGRATIONS):
        return tr(
            "it has version {version} of a newer Emulsion; this one knows up to {count}",
            version=version,
            count=len(MIGRATIONS),
        )
    if version < 0 or (tables and application != _APPLICATION) or bool(tables) != bool(version):
        return tr("it is not an index of Emulsion")
    for number in range(version, len(MIGRATIONS)):
        is_last = number + 1 == len(MIGRATIONS)
        connection.executescript(
            f"BEGIN IMMEDIATE;{MIGRATIONS[number]}{';'.join(_READ_AGAIN) if is_last else ''};"
            f"PRAGMA application_id = {_APPLICATION};PRAGMA user_version = {number + 1};COMMIT;"
        )
    _await_new_facets(connection)
    return _check_words(connection)


def _await_new_facets(connection: sqlite3.Connection) -> None:
    """Has every picture read again when there are facets that it was not read for."""
    known = {name for (name,) in connection.execute("SELECT name FROM indexed_facet")}
    if known != set(FACETS):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM indexed_facet")
        connection.executemany("INSERT INTO indexed_facet VALUES (?)", ((name,) for name in FACETS))
        for statement in (*_READ_AGAIN, "COMMIT"):
            connection.execute(statement)


def _check_words(connection: sqlite3.Connection) -> str:
    """Checks the full-text search, and for missing rows, which the check of the file leaves out."""
    (pictures, last) = connection.execute("SELECT count(*), max(id) FROM picture").fetchone()
    (texts, last_text) = connection.execute("SELECT count(*), max(id) FROM words_docsize").fetchone()
    if (pictures, last) != (texts, last_text):
        return tr("its full-text search does not fit its pictures")
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")  # raises when it finds something
    return ""


def _move_aside(path: Path) -> None:
    for end in _BESIDE:
        aside = path.with_name(DAMAGED_NAME + end)
        aside.unlink(missing_ok=True)
        part = path.with_name(path.name + end)
        if part.exists():
            part.replace(aside)
