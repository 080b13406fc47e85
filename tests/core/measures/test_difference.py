"""The difference map of two pictures."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.difference import Difference, difference_map


def test_is_one_from_black_to_white_and_nothing_for_the_same_colour() -> None:
    first, second = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    second[0, 1] = 255
    np.testing.assert_allclose(difference_map(first, second), [[0, 1], [0, 0]], atol=1e-6)


def test_does_not_wrap_around_and_is_symmetric() -> None:
    first, second = np.full((1, 1, 3), 10, np.uint8), np.full((1, 1, 3), 20, np.uint8)
    assert difference_map(first, second)[0, 0] == pytest.approx(10 / 255)
    np.testing.assert_array_equal(difference_map(first, second), difference_map(second, first))


def test_mean_largest_and_differing_part_are_told() -> None:
    first, second = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    second[0, 1] = 51
    difference = Difference.between(first, second)
    assert difference.largest == pytest.approx(0.2)
    assert difference.mean == pytest.approx(0.05)
    assert difference.differing == 0.25


@pytest.mark.parametrize(("value", "scale"), [(0, 0.01), (5, 0.02), (51, 0.2), (52, 0.5), (255, 1.0)])
def test_the_scale_reaches_as_far_as_the_difference(value: int, scale: float) -> None:
    first, second = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), value, np.uint8)
    assert Difference.between(first, second).fitting_scale == scale


def test_one_far_pixel_in_many_does_not_hide_the_others() -> None:
    first, second = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 5, np.uint8)
    second[3, 3] = 255
    assert Difference.between(first, second).fitting_scale == 0.02
