"""Pictures that look alike are found, whatever their size and format; changed files are looked at again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from core.gallery.likeness import MOST_APART, colour_layout, difference
from core.gallery.query import Group, Query
from tests.core.gallery.conftest import Library


def scene(seed: int) -> Image.Image:
    """Returns soft shapes, as a photograph has."""
    values = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((256, 256), Image.Resampling.BICUBIC)


def paint(path: Path, picture: Image.Image) -> Path:
    picture.save(path)
    return path


def apart(left: Image.Image, right: Image.Image) -> float:
    return difference(colour_layout(left), colour_layout(right))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda picture: picture.resize((100, 80)),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.85),
    "noisy": lambda picture: Image.blend(picture, Image.effect_noise(picture.size, 60).convert("RGB"), 0.15),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", range(4))
def test_a_changed_copy_is_alike_and_other_pictures_are_not(change: str, seed: int) -> None:
    picture = scene(seed)
    assert apart(picture, CHANGES[change](picture)) <= MOST_APART
    assert all(apart(picture, scene(other)) > MOST_APART for other in range(10, 20))


def test_the_most_alike_come_first_and_other_filters_hold(library: Library) -> None:
    first = paint(library.pictures / "a.png", scene(1))
    paint(library.pictures / "b.jpg", Image.blend(scene(1), scene(2), 0.3).resize((90, 90)))
    paint(library.pictures / "c.png", scene(2))
    (library.pictures / "broken.png").write_bytes(b"\x89PNG broken")
    library.scan()
    while library.gallery.look_at_next(2):
        pass
    picture = library.finder.picture_at(first)
    assert picture is not None
    like = library.gallery.layout_of(picture)
    assert library.names(Query(like=like, group=Group.day)) == ["a.png", "b.jpg"]
    assert library.finder.count(Query(like=like)) == 2
    assert library.names(Query(like=like, smallest_rating=1)) == []
    assert library.names(Query(like=like, text="b")) == ["b.jpg"]


def test_a_file_that_changed_is_looked_at_again_and_one_that_is_gone_is_forgotten(library: Library) -> None:
    path = paint(library.pictures / "a.png", scene(1))
    library.scan()
    assert library.gallery.look_at_next(10) == 1
    assert library.gallery.look_at_next(10) == 0
    paint(path, scene(2).resize((300, 300)))
    library.scan()
    assert library.gallery.look_at_next(10) == 1
    like = colour_layout(scene(2))
    assert library.names(Query(like=like)) == ["a.png"]
    paint(library.pictures / "b.png", scene(3))  # an empty folder would count as one that is away
    path.unlink()
    library.scan()
    assert library.names(Query(like=like)) == []


def test_a_kept_step_and_a_branch_are_told_from_finished_pictures(library: Library) -> None:
    library.add("a.png")
    library.scan()
    assert [(one.kept_step, one.is_branch) for one in library.found()] == [(0, False)]
