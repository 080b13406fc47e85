"""Masks: read from anywhere or refused with a reason, kept by their content, grown, shrunk and feathered."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.pictures.mask import Box, box_of, feathered, grown, mask_path, pixels_of, read_mask, save_mask
from core.request.request import Mask, Size


def one_pixel(width: int = 21, height: int = 17, x: int = 10, y: int = 8) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[y, x] = 255
    return mask


def test_a_mask_is_kept_by_its_content_and_read_again(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).integers(0, 256, (17, 21), np.uint8)
    path = save_mask(mask, tmp_path / "pasted")
    assert save_mask(mask, tmp_path / "pasted") == path
    assert save_mask(255 - mask, tmp_path / "pasted") != path
    read, sha256 = read_mask(path, Size(21, 17))
    assert np.array_equal(read, mask)
    assert path == mask_path(mask, tmp_path / "pasted")
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    inverted = Mask(str(path), sha256, is_inverted=True)
    assert np.array_equal(pixels_of(inverted, Size(21, 17))[0], 255 - mask)
    assert mask_path(mask.reshape(21, 17), tmp_path / "pasted") != path
    with Image.open(path) as opened:
        assert opened.mode == "L"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_masks_as_other_programs_write_them_are_read(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(one_pixel())
    sixteen = Image.fromarray(one_pixel().astype(np.uint16) * 257)
    picture = sixteen if mode == "I;16" else grey.convert("RGB").convert(mode)
    path = tmp_path / ("mask.tiff" if mode == "CMYK" else "mask.png")
    picture.save(path)
    assert np.array_equal(read_mask(path)[0], one_pixel())


def moving(kind: str) -> bytes:
    first, second = (Image.new("L", (8, 8), grey) for grey in (0, 255))
    buffer = BytesIO()
    first.save(buffer, kind, save_all=True, append_images=[second])
    return buffer.getvalue()


def content(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (content(Image.new("L", (8, 8), 255)), "this mask is 8x8 pixels; expected 21x17"),
        (content(Image.new("L", (21, 17), 0)), "all black"),
        (content(Image.new("RGB", (21, 17), "red")), "it has colours"),
        (content(Image.new("RGBA", (21, 17), (255, 255, 255, 90))), "transparent in places"),
        (content(Image.new("L", (21, 17), 255))[:-30], "damaged|cut off"),
        (moving("PNG"), "a moving picture"),
        (moving("GIF"), "a moving picture"),
        (moving("TIFF"), "several pages"),
        (b"not a picture", "it is not a PNG"),
        (b"", "it is not a PNG"),
    ],
)
def test_other_files_are_refused_with_the_reason(tmp_path: Path, file: bytes, words: str) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(file)
    with pytest.raises(UnreadablePicture, match=words):
        read_mask(path, Size(21, 17))


def test_a_mask_that_has_changed_is_refused(tmp_path: Path) -> None:
    path = save_mask(one_pixel(), tmp_path)
    with pytest.raises(UnreadablePicture, match="has changed"):
        read_mask(path, sha256="0123456789")


@pytest.mark.parametrize("pixels", [1, 2, 3, 7, 30])
def test_a_pixel_grows_to_a_disc_of_its_own_value(pixels: int) -> None:
    mask = one_pixel() // 2
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    disc = (rows - 8) ** 2 + (columns - 10) ** 2 <= (pixels + 0.5) ** 2
    assert np.array_equal(grown(mask, pixels), disc * np.uint8(127))


def test_any_mask_grows_to_the_greatest_value_within_the_radius() -> None:
    mask = np.random.default_rng(1).integers(0, 256, (23, 19), np.uint8)
    radius = 4
    plainly = np.zeros_like(mask)
    for y, x in np.ndindex(mask.shape):
        for j, i in np.ndindex(mask.shape):
            if (y - j) ** 2 + (x - i) ** 2 <= (radius + 0.5) ** 2:
                plainly[y, x] = max(plainly[y, x], mask[j, i])
    assert np.array_equal(grown(mask, radius), plainly)


def test_shrinking_takes_back_what_growing_gave_but_nothing_at_the_border() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[10:20, :15] = 255
    assert np.array_equal(grown(grown(mask, 3), -3), mask)
    smaller = grown(mask, -3)
    assert box_of(smaller) == Box(0, 13, 12, 17)


def test_feathering_is_soft_at_the_edge_and_nothing_far_from_it() -> None:
    mask = np.zeros((90, 90), np.uint8)
    mask[40:50, 40:50] = 255
    soft = feathered(mask, 3)
    assert 0 < soft[45, 37] < 128 < soft[45, 42]
    assert not soft[:25].any()
    assert not soft[:, 66:].any()
    assert np.array_equal(feathered(mask, 0), mask)


def test_the_box_is_the_smallest_around_all_that_is_masked() -> None:
    mask = one_pixel()
    mask[3, 15] = 1
    box = box_of(mask)
    assert box is not None
    assert box == Box(10, 3, 16, 9)
    assert box.size == Size(6, 6)
    assert mask[box.slices].sum() == mask.sum()
    assert box_of(np.zeros((4, 4), np.uint8)) is None
