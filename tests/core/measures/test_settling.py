"""Distances between the pictures a model believed in, and the call at which little more happens."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.settling import distances_between_neighbours, distances_to_last, settled_call, shares_of_change


def approach(parts: list[float]) -> list[np.ndarray]:
    """Latents that lie at these parts of the way from nothing to a picture of standard deviation 2."""
    end = np.tile(np.array([-2.0, 2.0], np.float32), 32).reshape(1, 8, 8)
    return [(part * end).astype(np.float16) for part in parts]


def test_distances_are_in_units_of_the_last_pictures_spread() -> None:
    x0s = approach([0, 0.5, 0.75, 1])
    np.testing.assert_allclose(distances_to_last(x0s), [1, 0.5, 0.25, 0], atol=1e-6)
    np.testing.assert_allclose(distances_between_neighbours(x0s), [np.nan, 0.5, 0.25, 0.25], atol=1e-6)


@pytest.mark.parametrize(
    ("distances", "call"),
    [([1, 0.5, 0.1, 0.05, 0], 2), ([1, 0.05, 0.5, 0.02, 0], 3), ([2, 1, 0], 2), ([0.0], 0), ([0, 0, 0], 0)],
)
def test_settled_is_where_all_later_distances_are_under_a_tenth(distances: list[float], call: int) -> None:
    assert settled_call(np.array(distances, float)) == call


def test_a_single_call_is_at_its_end() -> None:
    x0s = approach([1])
    assert list(distances_to_last(x0s)) == [0]
    assert np.isnan(distances_between_neighbours(x0s)).all()


def test_a_flat_picture_does_not_divide_by_zero() -> None:
    assert list(distances_to_last([np.zeros((1, 2, 2), np.float32)] * 2)) == [0, 0]


def test_shares_of_change_add_up_to_the_whole_way() -> None:
    np.testing.assert_allclose(shares_of_change(approach([0, 0.5, 0.75, 1])), [0.5, 0.25, 0.25])
    pictures = [np.full((2, 2, 3), value, np.uint8) for value in (10, 0, 30)]
    np.testing.assert_allclose(shares_of_change(pictures), [0.25, 0.75])


def test_where_nothing_changes_all_shares_are_equal() -> None:
    np.testing.assert_allclose(shares_of_change(approach([1, 1, 1])), [0.5, 0.5])
    assert shares_of_change(approach([1])).size == 0
