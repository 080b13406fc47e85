"""A part of a picture is cut out, filled and put back; all that the mask does not reach stays bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.pictures.mask import Box
from core.pictures.masked_picture import (
    MaskedPicture,
    continued,
    filled,
    read_masked_picture,
    softened,
    strongest_in_cells,
    worked_part,
    worked_size,
)
from core.request.request import GenerationRequest, Limits, Mask, Size, Source

LIMITS = Limits(smallest=16, largest=256)


def asked(folder: Path, picture: np.ndarray, mask: np.ndarray, size: Size, **how: object) -> GenerationRequest:
    Image.fromarray(picture).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    one = replace(Mask(str(folder / "mask.png")), **how)
    return GenerationRequest("", size=size, source=Source(str(folder / "photo.png"), 0.5), mask=one)


def random_mask(rng: np.random.Generator, kind: int, width: int, height: int) -> np.ndarray:
    """One pixel, all of it, at the border and beyond, a rectangle, scattered grey."""
    mask = np.zeros((height, width), np.uint8)
    y, x = int(rng.integers(height)), int(rng.integers(width))
    match kind:
        case 0:
            mask[y, x] = 255
        case 1:
            mask[:] = 255
        case 2:
            mask[-1 - y :, -1 - x :] = 255
        case 3:
            mask[y : y + 9, x : x + 7] = rng.integers(1, 256)
        case _:
            mask = (rng.integers(0, 256, mask.shape) * (rng.random(mask.shape) > 0.97)).astype(np.uint8)
            mask[y, x] = 200
    return mask


@pytest.mark.parametrize("number", range(200))
def test_all_outside_mask_and_edge_is_the_source_bit_for_bit(number: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(number)
    width, height = (int(length) for length in rng.integers(1, 90, 2))
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    mask = random_mask(rng, number % 5, width, height)
    how = {
        "area": ("masked", "close", "whole")[number % 3],
        "padding": int(rng.integers(0, 40)),
        "softness": float(rng.choice([0, 1, 2.5, 6])),
    }
    request = asked(tmp_path, picture, mask, Size(32, 24), **how)
    request = replace(request, size=worked_size(request, LIMITS))
    masked = read_masked_picture(request)
    assert request.mask is not None
    reach = 2 * int(np.ceil(request.mask.softness)) + 1
    rows, columns = np.nonzero(mask)
    ys, xs = np.mgrid[:height, :width]
    squared = (ys[..., None] - rows) ** 2 + (xs[..., None] - columns) ** 2
    outside = squared.min(-1) > (reach if request.mask.softness else 0) ** 2 * 2
    worked = 255 - np.asarray(
        Image.fromarray(picture[masked.box.slices]).resize((request.size.width, request.size.height))
    )
    whole = masked.pasted(worked)
    assert whole.shape == picture.shape
    assert np.array_equal(whole[outside], picture[outside])
    if not request.mask.softness and masked.box.size == request.size:
        assert np.array_equal(whole[mask == 255], worked[masked.mask_of_part == 255])
    assert worked_size(request, LIMITS) == request.size


def test_a_hard_mask_takes_the_model_s_pixels_untouched() -> None:
    rng = np.random.default_rng(0)
    picture, worked = (rng.integers(0, 256, (20, 30, 3), np.uint8) for _ in range(2))
    mask = np.zeros((20, 30), np.uint8)
    mask[4:9, 3:17] = 255
    whole = MaskedPicture(picture, mask, Box(0, 0, 30, 20)).pasted(worked)
    assert np.array_equal(whole, np.where(mask[..., None] == 255, worked, picture))


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        (Box(40, 40, 60, 60), Size(64, 64), Box(30, 30, 70, 70)),  # padding alone
        (Box(40, 40, 60, 60), Size(64, 32), Box(10, 30, 90, 70)),  # wider, around the middle
        (Box(0, 40, 20, 60), Size(64, 32), Box(0, 30, 80, 70)),  # moved into the picture
        (Box(40, 45, 60, 50), Size(32, 64), Box(30, 8, 70, 88)),
        (Box(0, 40, 100, 60), Size(64, 64), Box(0, 0, 100, 100)),
        (Box(0, 40, 100, 60), Size(32, 64), Box(0, 0, 100, 100)),  # no room for the shape
    ],
)
def test_the_part_is_the_box_with_its_padding_in_the_shape_of_the_size(
    box: Box, size: Size, expected: Box
) -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[box.slices] = 255
    assert worked_part(mask, Mask("", area="close", padding=10), size) == expected
    assert worked_part(mask, Mask("", area="whole"), size) == Box(0, 0, 100, 100)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size(64, 64), Box(0, 8, 64, 72)),  # as large as the size, and moved into the picture
        (Size(16, 16), Box(0, 24, 32, 56)),  # no smaller than the box with its padding
        (Size(300, 150), Box(0, 15, 100, 65)),  # as large as there is room
    ],
)
def test_the_part_is_as_large_as_the_size_where_there_is_room(size: Size, expected: Box) -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[34:46, 10:22] = 255
    assert worked_part(mask, Mask("", padding=10), size) == expected


@pytest.mark.parametrize(
    ("picture", "asked_size", "expected"),
    [
        ((128, 128), Size(128, 128), Size(128, 128)),
        ((200, 100), Size(128, 128), Size(184, 96)),
        ((100, 200), Size(128, 128), Size(88, 176)),
        ((2000, 20), Size(128, 128), Size(256, 16)),
        ((130, 65), Size(128, 64), Size(128, 64)),
    ],
)
def test_the_size_takes_the_shape_of_the_part_with_as_many_pixels(
    picture: tuple[int, int], asked_size: Size, expected: Size, tmp_path: Path
) -> None:
    width, height = picture
    mask = np.full((height, width), 255, np.uint8)
    request = asked(tmp_path, np.zeros((height, width, 3), np.uint8), mask, asked_size, area="whole")
    assert worked_size(request, LIMITS) == expected
    assert worked_size(replace(request, size=expected), LIMITS) == expected


def test_a_soft_edge_lies_outside_what_is_masked() -> None:
    mask = np.zeros((60, 60), np.uint8)
    mask[20:40, 20:40] = 255
    soft = softened(mask, 6)
    assert soft[22:38, 22:38].min() == 255
    assert soft[mask == 255].min() > 200
    assert 0 < soft[30, 14] < 255
    assert not soft[:4].any()
    assert softened(mask, 0) is mask


def test_a_cell_is_as_free_as_its_strongest_pixel() -> None:
    mask = np.random.default_rng(0).integers(0, 256, (24, 40), np.uint8)
    cells = strongest_in_cells(mask, 5, 3)
    assert np.array_equal(cells * 255, mask.reshape(3, 8, 5, 8).max((1, 3)).astype(np.float32))
    one = np.zeros((37, 53), np.uint8)
    one[36, 52] = 255
    assert strongest_in_cells(one, 8, 8).sum() == 1
    assert strongest_in_cells(one[-2:, -2:], 8, 8).sum() == 16


def test_surroundings_go_on_smoothly_into_the_hole() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:] = np.linspace(0, 255, 64)[None, :, None]
    mask = np.zeros((64, 64), np.uint8)
    mask[10:50, 20:44] = 255
    guessed = continued(np.where(mask[..., None], 7, picture).astype(np.uint8), mask)
    assert np.array_equal(guessed[mask == 0], picture[mask == 0])
    assert np.abs(guessed - picture).max() < 25
    assert (continued(picture, np.full_like(mask, 255)) == 127.5).all()


@pytest.mark.parametrize(("fill", "inside"), [("original", 9), ("noise", 9), ("#ff8000", (255, 128, 0))])
def test_the_hole_is_filled_as_asked(fill: str, inside: object) -> None:
    picture = np.full((8, 8, 3), 9, np.uint8)
    mask = np.zeros((8, 8), np.uint8)
    mask[2:4, 2:4] = 255
    result = filled(picture, mask, fill)
    assert (result[mask == 0] == 9).all()
    assert (result[mask == 255] == inside).all()


def test_a_large_picture_is_shown_small(tmp_path: Path) -> None:
    picture, mask = np.zeros((1500, 3001, 3), np.uint8), np.zeros((1500, 3001), np.uint8)
    mask[700:800, 2900:] = 255
    masked = read_masked_picture(asked(tmp_path, picture, mask, Size(32, 32)))
    shown = masked.shown(np.full((32, 32, 3), 255, np.uint8))
    assert shown.shape == (512, 1024, 3)
    rows, columns = np.nonzero(shown[..., 0] > 128)
    assert (rows.min(), rows.max(), columns.max()) == pytest.approx((236, 275, 1023), abs=3)


def test_values_of_the_part_are_spread_over_the_whole_picture() -> None:
    picture, mask = np.zeros((60, 80, 3), np.uint8), np.zeros((60, 80), np.uint8)
    masked = MaskedPicture(picture, mask, Box(20, 30, 60, 50))
    values = np.arange(8).reshape(2, 4)
    whole = masked.spread(values, -1)
    assert whole.shape == (6, 8)
    assert np.array_equal(whole[3:5, 2:6], values)
    assert (whole == -1).sum() == 40


def test_files_that_are_not_known_or_do_not_fit_are_named(tmp_path: Path) -> None:
    request = asked(tmp_path, np.zeros((8, 9, 3), np.uint8), np.full((9, 8), 255, np.uint8), Size(8, 8))
    with pytest.raises(UnreadablePicture, match="this mask is 8x9 pixels; expected 9x8"):
        read_masked_picture(request)
    assert request.mask is not None
    with pytest.raises(UnreadablePicture, match="place of this mask"):
        read_masked_picture(replace(request, mask=replace(request.mask, path="mask.png")))
