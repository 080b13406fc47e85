"""Pictures beside a prompt are seen as they are: nothing is shifted, stretched or cut."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.pictures.reference import LARGEST_PX, read_reference, scaled
from core.request.request import Reference, Size


def saved(path: Path, width: int, height: int) -> np.ndarray:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.mark.parametrize(("width", "height"), [(64, 48), (65, 47), (1, 1), (1000, 16)])
def test_every_pixel_stays_where_it_is(width: int, height: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pixels = saved(path, width, height)
    seen, told = read_reference(Reference(str(path)))
    assert np.array_equal(seen, pixels)
    assert told.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", [Size(4000, 3000), Size(1025, 1024), Size(100_000, 20), Size(1, 3_000_000)])
def test_a_larger_one_keeps_its_shape(size: Size) -> None:
    small = scaled(size)
    assert small.width * small.height <= LARGEST_PX
    assert small.width >= 1 <= small.height
    if min(size.width, size.height) > 100:
        assert small.width / small.height == pytest.approx(size.width / size.height, rel=0.01)


def test_another_file_of_that_name_is_not_taken(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", 8, 8)
    with pytest.raises(UnreadablePicture, match="has changed"):
        read_reference(Reference(str(tmp_path / "a.png"), "0" * 64))
    with pytest.raises(UnreadablePicture):
        read_reference(Reference(str(tmp_path / "gone.png")))
