from __future__ import annotations

import gc

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from app.widgets.painted_picture import PaintedPicture
from app.widgets.pixels import MOST_TIMES, SMALL_PX, enlarged, resized, to_image, to_pixels


@pytest.mark.parametrize("width", [1, 2, 3, 5, 64])
def test_pixels_survive_the_way_to_an_image_and_back_whatever_the_width(width: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (7, width, 3), dtype=np.uint8)
    assert (to_pixels(to_image(pixels)) == pixels).all()


def test_an_image_keeps_its_pixels_when_the_array_is_gone() -> None:
    image = to_image(np.full((64, 64, 3), 9, np.uint8))
    gc.collect()
    np.full((64, 64, 3), 200, np.uint8)
    assert (to_pixels(image) == 9).all()


def test_a_view_into_a_larger_array_is_taken_as_it_looks() -> None:
    whole = np.arange(10 * 10 * 3, dtype=np.uint8).reshape(10, 10, 3)
    assert (to_pixels(to_image(whole[::2, 3:7])) == whole[::2, 3:7]).all()


def test_small_pictures_are_enlarged_by_a_whole_factor_and_large_ones_left_alone() -> None:
    small = enlarged(to_image(np.zeros((16, 24, 3), np.uint8)))
    assert (small.width(), small.height()) == (24 * MOST_TIMES, 16 * MOST_TIMES)
    less = enlarged(to_image(np.zeros((64, 96, 3), np.uint8)))
    assert (less.width(), less.height()) == (SMALL_PX, SMALL_PX * 64 // 96)
    large = to_image(np.zeros((300, 300, 3), np.uint8))
    assert enlarged(large) is large


def test_an_enlarged_picture_is_opaque_on_a_transparent_one() -> None:
    picture = to_image(np.full((8, 8, 3), (1, 250, 3), np.uint8))
    below = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    below.fill(0)
    painter = QPainter(below)
    painter.drawImage(0, 0, enlarged(picture))
    painter.end()
    assert below.pixelColor(30, 30).getRgb() == (1, 250, 3, 255)


@pytest.mark.parametrize("shown_px", [100, 192, 300, 600])
def test_a_rough_preview_is_painted_as_by_a_cubic_filter_at_every_size(shown_px: int) -> None:
    """Qt's linear one alone, which is seen, differs by up to 16 of 255."""
    picture = to_image(np.random.default_rng(2).integers(64, 192, (16, 16, 3), np.uint8))
    painted = QImage(shown_px, shown_px, QImage.Format.Format_RGB32)
    painter = QPainter(painted)
    PaintedPicture(picture).paint(painter, QRectF(0, 0, shown_px, shown_px), is_sharp=False)
    painter.end()
    cubic = to_pixels(resized(picture, QSize(shown_px, shown_px))).astype(int)
    assert np.abs(to_pixels(painted).astype(int) - cubic).max() <= 4


def test_a_picture_whose_rows_are_padded_is_resized_as_any_other() -> None:
    plain = to_image(np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)).convertToFormat(
        QImage.Format.Format_RGB32
    )
    rows = bytes(plain.constBits())
    padded = b"".join(rows[20 * row : 20 * row + 20] + bytes(12) for row in range(4))
    image = QImage(padded, 5, 4, 32, QImage.Format.Format_RGB32)
    assert np.array_equal(to_pixels(resized(image, QSize(9, 7))), to_pixels(resized(plain, QSize(9, 7))))
