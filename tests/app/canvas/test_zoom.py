from __future__ import annotations

import pytest

from app.canvas.zoom import LARGEST_FITTED, LARGEST_SCALE, MARGIN, SMALLEST_SCALE, Extent, Placement, fitted

VIEW = Extent(800, 600)


def test_a_fitted_picture_is_centred_and_keeps_the_margin_along_its_tighter_edge() -> None:
    placement = fitted(VIEW, Extent(256, 256))
    assert placement.scale == pytest.approx((600 - 2 * MARGIN) / 256)
    assert placement.top == pytest.approx(MARGIN, abs=1)
    assert placement.left == pytest.approx((800 - 256 * placement.scale) / 2, abs=1)


def test_fitting_enlarges_small_pictures_and_reduces_large_ones() -> None:
    assert fitted(VIEW, Extent(64, 64)).scale == LARGEST_FITTED
    assert 1 < fitted(VIEW, Extent(400, 300)).scale < LARGEST_FITTED
    assert fitted(VIEW, Extent(4000, 3000)).scale < 1


def test_fitting_into_no_room_still_gives_a_positive_scale() -> None:
    assert fitted(Extent(10, 10), Extent(512, 512)).scale > 0


def test_zooming_keeps_what_is_under_the_pointer() -> None:
    before = Placement(2.0, 100.0, 50.0)
    after = before.zoomed(1.25, 300.0, 200.0)
    assert after.scale == 2.5
    assert (300 - after.left) / after.scale == pytest.approx((300 - before.left) / before.scale)
    assert (200 - after.top) / after.scale == pytest.approx((200 - before.top) / before.scale)


def test_zoom_has_ends() -> None:
    assert Placement(1.0, 0, 0).zoomed(1e9, 0, 0).scale == LARGEST_SCALE
    assert Placement(1.0, 0, 0).zoomed(1e-9, 0, 0).scale == SMALLEST_SCALE


def test_a_picture_that_fits_stays_in_the_middle() -> None:
    placed = Placement(1.0, 700.0, -300.0).limited(VIEW, Extent(100, 100))
    assert (placed.left, placed.top) == (350, 250)


def test_a_larger_picture_cannot_be_pushed_out_of_sight() -> None:
    picture = Extent(1000, 1000)
    assert Placement(1.0, 50.0, 80.0).limited(VIEW, picture) == Placement(1.0, 0.0, 0.0)
    assert Placement(1.0, -900.0, -900.0).limited(VIEW, picture) == Placement(1.0, -200.0, -400.0)
