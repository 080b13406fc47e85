"""The difference map of two pictures."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.difference import difference_map


def test_is_one_from_black_to_white_and_nothing_for_the_same_colour() -> None:
    first, second = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    second[0, 1] = 255
    np.testing.assert_allclose(difference_map(first, second), [[0, 1], [0, 0]], atol=1e-6)


def test_does_not_wrap_around_and_is_symmetric() -> None:
    first, second = np.full((1, 1, 3), 10, np.uint8), np.full((1, 1, 3), 20, np.uint8)
    assert difference_map(first, second)[0, 0] == pytest.approx(10 / 255)
    np.testing.assert_array_equal(difference_map(first, second), difference_map(second, first))
