"""One lens before several views."""

from __future__ import annotations

import pytest

from app.canvas.lens import Lens
from app.canvas.zoom import Extent, fitted

VIEW, PICTURE = Extent(400, 300), Extent(128, 128)


def test_fits_at_first_into_views_of_every_size() -> None:
    lens = Lens()
    for view in (VIEW, Extent(200, 500)):
        assert lens.placement(view, PICTURE) == fitted(view, PICTURE)


def test_what_is_under_the_mouse_stays_there() -> None:
    lens = Lens()
    lens.show_scale(8.0, VIEW, PICTURE)
    before = lens.placement(VIEW, PICTURE)
    lens.zoom(1.25, 310, 40, VIEW, PICTURE)
    after = lens.placement(VIEW, PICTURE)
    assert after.scale == 10
    assert (310 - after.left) / after.scale == pytest.approx((310 - before.left) / before.scale)
    assert (40 - after.top) / after.scale == pytest.approx((40 - before.top) / before.scale)


def test_another_view_sees_the_same_middle_at_the_same_scale() -> None:
    lens = Lens()
    lens.show_scale(8.0, VIEW, PICTURE)
    lens.pan(-100, 60, VIEW, PICTURE)
    here, there = lens.placement(VIEW, PICTURE), lens.placement(Extent(300, 200), PICTURE)
    assert here.scale == there.scale
    assert (200 - here.left) == pytest.approx(150 - there.left)
    assert (150 - here.top) == pytest.approx(100 - there.top)


def test_a_picture_cannot_be_lost() -> None:
    lens = Lens()
    lens.show_scale(8.0, VIEW, PICTURE)
    lens.pan(-10_000, 10_000, VIEW, PICTURE)
    place = lens.placement(VIEW, PICTURE)
    assert (place.left, place.top) == (400 - 1024, 0)
    lens.fit()
    assert lens.is_fitted
