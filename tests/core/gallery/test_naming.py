"""Many pictures are named by a pattern, with what lies beside them; no other file is replaced."""

from __future__ import annotations

import pytest

from core.errors import InvalidRequest
from core.gallery.marks import MarkChange, sidecar
from tests.core.gallery.conftest import Library


def renamed(library: Library, pattern: str) -> list[str]:
    library.scan()
    pictures = sorted(library.found(), key=lambda picture: picture.path.name)
    moved = list(library.gallery.rename_all([picture.id for picture in pictures], pattern))
    return [one.now.name for one in moved]


def test_parts_come_from_the_recipe_the_name_and_the_place(library: Library) -> None:
    library.add("a.png", "a red house", seed=3)
    library.add("b.png", "a blue boat", seed=4)
    assert renamed(library, "{number} {prompt} {seed} {name}") == [
        "001 a-red-house 3 a.png",
        "002 a-blue-boat 4 b.png",
    ]
    assert sorted(library.names()) == ["001 a-red-house 3 a.png", "002 a-blue-boat 4 b.png"]


def test_a_name_that_is_taken_gets_a_number_and_marks_come_along(library: Library) -> None:
    for name in ("a.png", "b.png"):
        library.add(name)
    other = library.pictures / "house.png"
    other.write_bytes(library.pictures.joinpath("a.png").read_bytes())
    library.scan()
    first = library.finder.picture_at(library.pictures / "a.png")
    assert first is not None
    library.gallery.mark((first.id,), MarkChange(rating=4))
    chosen = [one.id for one in library.found() if one.path.name in ("a.png", "b.png")]
    moved = list(library.gallery.rename_all(chosen, "house"))
    assert {one.now.name for one in moved} == {"house-2.png", "house-3.png"}
    (rated,) = [one for one in library.found() if one.rating]
    assert rated.path.stem.startswith("house-")
    assert sidecar(rated.path).exists()
    for one in moved:
        library.gallery.put_back(one)
    assert sorted(library.names()) == ["a.png", "b.png", "house.png"]


def test_a_part_that_there_is_not_is_refused_before_anything_is_renamed(library: Library) -> None:
    library.add("a.png")
    with pytest.raises(InvalidRequest):
        renamed(library, "{colour}")
    assert library.names() == ["a.png"]
