"""The difference map of two pictures."""

from __future__ import annotations

from app.compare.difference_map import difference_map_of
from app.widgets.pixels import to_pixels
from tests.app.compare.conftest import MakePicture


def test_equal_pictures_are_black(make_picture: MakePicture) -> None:
    made = difference_map_of(make_picture(9).image, make_picture(9).image, None)
    assert made.difference.largest == 0
    assert to_pixels(made.image).max() <= 4


def test_the_end_of_the_scale_is_the_brightest_colour(make_picture: MakePicture) -> None:
    first, second = make_picture(0).image, make_picture(51).image
    fits = difference_map_of(first, second, None)
    assert fits.scale == 0.2
    assert tuple(to_pixels(fits.image)[0, 0]) == (250, 193, 39)
    half = to_pixels(difference_map_of(first, second, 0.5).image)[0, 0]
    assert half.sum() < to_pixels(fits.image)[0, 0].sum()


def test_a_preview_is_enlarged_to_the_size_of_a_decoded_picture(make_picture: MakePicture) -> None:
    made = difference_map_of(make_picture(5, factor=8).image, make_picture(5).image, None)
    assert made.image.width() == 64
    assert made.difference.largest == 0
