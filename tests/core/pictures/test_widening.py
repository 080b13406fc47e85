"""A picture is continued beyond its edges; its own pixels stay, whatever the sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.pictures.masked_picture import filled, read_masked_picture, worked_size
from core.pictures.source import keep_sources
from core.pictures.widening import ANCHORS, SHAPES, margins_to, suited_size, suited_softness
from core.request.mask import Margins, Mask
from core.request.request import GenerationRequest, Limits, Size, Source

LIMITS = Limits(smallest=16, largest=256)
NATIVE = Size(64, 64)


def asked(
    folder: Path, picture: np.ndarray, margins: Margins, mask: np.ndarray | None = None
) -> GenerationRequest:
    Image.fromarray(picture).save(folder / "photo.png")
    if mask is not None:
        Image.fromarray(mask).save(folder / "mask.png")
    size = Size(picture.shape[1], picture.shape[0])
    path = "" if mask is None else str(folder / "mask.png")
    one = Mask(path, fill="surroundings", softness=suited_softness(size), margins=margins)
    worked = suited_size(size, margins, LIMITS, NATIVE)
    return GenerationRequest("", size=worked, source=Source(str(folder / "photo.png"), 1.0), mask=one)


@pytest.mark.parametrize("number", range(200))
def test_all_beyond_the_soft_edge_is_the_source_bit_for_bit(number: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(number)
    width, height = (int(length) for length in rng.integers(1, 90, 2))
    left, top, right, bottom = (int(edge) for edge in rng.integers(0, (2, 60, 200)[number % 3], 4))
    margins = Margins(left, top, right, bottom) or Margins(right=1)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    mask = None
    if number % 4 == 0:
        mask = np.zeros((height, width), np.uint8)
        mask[height // 2, width // 2] = 255
    request = asked(tmp_path, picture, margins, mask)
    assert request.mask is not None
    softness = float(rng.choice([0, 1, 4, 9]))
    request = replace(request, mask=replace(request.mask, softness=softness))
    request = replace(request, size=worked_size(request, LIMITS))
    assert worked_size(request, LIMITS) == request.size
    masked = read_masked_picture(request)
    old = np.s_[margins.top : margins.top + height, margins.left : margins.left + width]
    new = np.ones(masked.mask.shape, bool)
    new[old] = False
    assert masked.picture.shape[:2] == (
        margins.top + height + margins.bottom,
        margins.left + width + margins.right,
    )
    worked = rng.integers(0, 256, (request.size.height, request.size.width, 3), np.uint8)
    whole = masked.pasted(worked)
    ys, xs = np.mgrid[: masked.picture.shape[0], : masked.picture.shape[1]]
    reach = 2 * int(np.ceil(softness)) + 2 if softness else 0
    far = (xs - margins.left >= reach) | (not margins.left)
    far &= (margins.left + width - 1 - xs >= reach) | (not margins.right)
    far &= (ys - margins.top >= reach) | (not margins.top)
    far &= (margins.top + height - 1 - ys >= reach) | (not margins.bottom)
    if mask is not None:
        y, x = margins.top + height // 2, margins.left + width // 2
        far &= (ys - y) ** 2 + (xs - x) ** 2 > 2 * reach**2
    far &= ~new
    assert np.array_equal(
        whole[far], np.pad(picture, ((top, bottom), (left, right), (0, 0)))[far] if far.any() else whole[far]
    )
    if not softness and masked.box.size == request.size:
        assert np.array_equal(whole[new], worked[masked.box.slices and new[masked.box.slices]])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("size", [Size(128, 128), Size(131, 77), Size(1, 1), Size(300, 1000)], ids=str)
def test_a_shape_adds_to_one_side_alone(shape: str, anchor: str, size: Size) -> None:
    across, down = SHAPES[shape]
    margins = margins_to(size, shape, anchor, 8)
    width, height = margins.around(size.width, size.height)
    assert width == size.width or height == size.height
    assert abs(width - height * across / down) <= 8 or abs(height - width * down / across) <= 8
    stays = {"left": margins.left, "right": margins.right, "top": margins.top, "bottom": margins.bottom}
    assert stays.get(anchor, 0) == 0
    assert anchor != "middle" or abs(margins.left - margins.right) + abs(margins.top - margins.bottom) <= 1


def test_a_picture_of_the_shape_stays_as_it_is() -> None:
    assert not margins_to(Size(160, 90), "16:9", "middle", 8)
    assert not margins_to(Size(131, 131), "1:1", "left", 8)


@pytest.mark.parametrize(
    ("size", "margins", "expected"),
    [
        (Size(64, 64), Margins(32, 0, 32, 0), Size(128, 64)),  # at its own scale
        (
            Size(64, 64),
            Margins(32, 32, 32, 32),
            Size(64, 64),
        ),  # of four times its pixels it would compose several pictures
        (Size(61, 47), Margins(3, 0, 0, 1), Size(64, 48)),
        (Size(200, 100), Margins(right=80), Size(72, 64)),
        (Size(60, 150), Margins(right=20), Size(56, 152)),  # too large: the new part and half of 64 beside it
        (Size(200, 100), Margins(bottom=20), Size(128, 32)),
        (Size(2000, 1500), Margins(left=100, right=100), Size(80, 56)),  # made smaller where it must be
        (Size(1, 1), Margins(8192, 0, 0, 0), Size(256, 16)),
        (Size(20, 8), Margins(left=12), Size(64, 16)),  # made larger
    ],
    ids=str,
)
def test_the_model_works_at_the_scale_of_the_source_where_it_can(
    size: Size, margins: Margins, expected: Size
) -> None:
    assert suited_size(size, margins, LIMITS, NATIVE) == expected


def test_the_new_part_continues_what_is_there(tmp_path: Path) -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:20] = 200
    masked = read_masked_picture(asked(tmp_path, picture, Margins(30, 0, 30, 0)))
    start = filled(masked.picture, masked.holes_of_part, "surroundings").astype(int)
    assert start[2, 0].min() > 150
    assert start[-3, 0].max() < 50
    assert np.abs(np.diff(start, axis=1)).max() < 80
    assert np.array_equal(start[:, 45:55], np.pad(picture, ((0, 0), (30, 30), (0, 0)))[:, 45:55])
    assert np.abs(np.diff(start[:, 0], axis=0)).max() < 40 < np.abs(np.diff(start[:, 50], axis=0)).max()


def test_a_frame_that_no_picture_may_have_is_refused(tmp_path: Path) -> None:
    request = asked(tmp_path, np.zeros((9, 9, 3), np.uint8), Margins(8192, 8192, 8192, 8192))
    with pytest.raises(UnreadablePicture, match="widened to 16393 × 16393 it has more than 90 million pixels"):
        read_masked_picture(request)


def test_only_files_that_there_are_are_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    request = asked(tmp_path, np.zeros((9, 9, 3), np.uint8), Margins(1))
    with caplog.at_level("INFO"):
        keep_sources(request, tmp_path / "sources")
    assert [path.name for path in (tmp_path / "sources").rglob("*.png")] == ["photo.png"]
    assert not caplog.records
