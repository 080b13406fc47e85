"""Colours of strengths."""

from __future__ import annotations

import numpy as np

from core.pictures.colour_maps import diverging, heat, heat_over


def test_stronger_is_brighter_also_in_grey() -> None:
    colours = heat(np.linspace(0, 1, 50)[None]).astype(float)[0]
    grey = colours @ [0.299, 0.587, 0.114]
    assert (np.diff(grey) >= 0).all()
    assert grey[-1] > grey[0] + 150


def test_out_of_range_is_clipped() -> None:
    np.testing.assert_array_equal(heat(np.array([[-1, 2]])), heat(np.array([[0, 1]])))


def test_the_picture_below_stays_visible() -> None:
    picture = np.zeros((1, 2, 3), np.uint8)
    picture[0, 1] = 255
    dark, bright = heat_over(picture, np.zeros((1, 2)))[0].astype(int).sum(axis=1)
    assert bright > dark + 100


def test_zero_is_nearly_white_and_the_ends_are_blue_and_red() -> None:
    low, middle, high = diverging(np.array([[-9.0, 0.0, 9.0]]), reach=4)[0].astype(int)
    assert low[2] > low[0] + 50
    assert high[0] > high[2] + 50
    assert middle.min() > 230
