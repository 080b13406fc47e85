"""Whatever happens to the index, every picture and everything people added is back after a scan.

``EMULSION_DAMAGES=100`` for the long run.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.gallery.marks import MarkChange, Marks
from core.gallery.schema import DAMAGED_NAME, FILE_NAME, MIGRATIONS
from tests.core.gallery.conftest import Library

DAMAGES = int(os.environ.get("EMULSION_DAMAGES", "6"))

Known = dict[str, tuple[object, ...]]


@pytest.fixture
def marked(library: Library) -> Iterator[Library]:
    """Twenty pictures with marks; the index is closed, and open again after the test."""
    for number in range(20):
        library.add(f"day{number % 3}/{number}.png", f"house number {number}", minute=number, seed=number)
    library.scan()
    for picture in library.found():
        number = int(picture.path.stem)
        change = MarkChange(
            rating=number % 6,
            is_favourite=number % 2 == 0,
            note=f"note {number}",
            add_tags=("sea", f"t{number % 4}"),
            add_collections=(f"c{number % 3}",),
        )
        library.gallery.mark([picture.id], change)
    library.close()
    yield library
    library.open()


def index(library: Library) -> Path:
    return library.folders.data / "gallery" / FILE_NAME


def known(library: Library) -> Known:
    """All that the index knows when it is opened and scanned as at a start of the program."""
    library.open()
    try:
        library.scan()
        return {
            picture.path.name: (
                picture.prompt,
                picture.negative_prompt,
                picture.seed,
                picture.size,
                picture.created,
                library.finder.values_of(picture.id),
                picture.problem,
                picture.rating,
                picture.is_favourite,
                picture.note,
                library.finder.marks_of(picture.id),
            )
            for picture in library.found()
        }
    finally:
        library.close()


@pytest.fixture
def expected(marked: Library) -> Known:
    before = known(marked)
    assert len(before) == 20
    assert before["7.png"][-4:] == (1, False, "note 7", (("sea", "t3"), ("c1",)))
    return before


def test_a_deleted_index(marked: Library, expected: Known) -> None:
    index(marked).unlink()
    assert known(marked) == expected


def test_an_empty_index_and_one_that_is_something_else(marked: Library, expected: Known) -> None:
    for content in (b"", b"hello" * 1000, b"SQLite format 3\0" + bytes(5000)):
        index(marked).write_bytes(content)
        assert known(marked) == expected


def test_an_index_cut_off_anywhere(marked: Library, expected: Known) -> None:
    whole = index(marked).read_bytes()
    dice = random.Random(1)
    for _ in range(DAMAGES):
        index(marked).write_bytes(whole[: dice.randrange(len(whole))])
        assert known(marked) == expected


@pytest.mark.parametrize("flips", [1, 30, 1000])
def test_an_index_with_flipped_bytes(marked: Library, expected: Known, flips: int) -> None:
    whole = index(marked).read_bytes()
    dice = random.Random(flips)
    for _ in range(DAMAGES):
        damaged = bytearray(whole)
        for _ in range(flips):
            damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        index(marked).write_bytes(damaged)
        assert known(marked) == expected


def test_every_text_in_a_row_is_protected(marked: Library, expected: Known) -> None:
    """Damage that leaves the database sound is found by the checksums of the rows."""
    whole = index(marked).read_bytes()
    for text, other in (
        (b"house number 7", b"mouse number 7"),
        (b"note 7", b"nole 7"),
        (b"c1", b"c9"),
        (b"sea", b"tea"),
    ):
        index(marked).write_bytes(whole.replace(text, other))
        assert known(marked) == expected


def test_an_index_of_a_newer_program_is_kept_aside(marked: Library, expected: Known) -> None:
    connection = sqlite3.connect(index(marked))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    newer = index(marked).read_bytes()
    assert known(marked) == expected
    assert index(marked).with_name(DAMAGED_NAME).read_bytes() == newer


def test_a_damaged_index_says_why_it_begins_anew(marked: Library) -> None:
    index(marked).write_bytes(b"nonsense" * 1000)
    marked.open()
    assert marked.gallery.fault
    assert marked.gallery.needs_scan
    marked.close()
    marked.open()
    assert not marked.gallery.fault
    marked.close()


def test_damaged_marks_cost_only_themselves_and_are_kept_aside(marked: Library, expected: Known) -> None:
    path = marked.pictures / "day1" / "7.png.emulsion.json"
    path.write_bytes(b"{damaged")
    after = known(marked)
    assert after.pop("7.png")[-4:] == (0, False, "", ((), ()))
    assert after == {name: values for name, values in expected.items() if name != "7.png"}
    marked.open()
    picture = marked.finder.picture_at(marked.pictures / "day1" / "7.png")
    assert picture is not None
    marked.gallery.mark([picture.id], MarkChange(rating=2))
    assert path.with_name(f"{path.name}.damaged").read_bytes() == b"{damaged"
    assert marked.gallery.mark_store.read(picture.path) == Marks(rating=2)
    marked.close()
