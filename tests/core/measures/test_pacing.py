"""Films whose pictures are shown for as long as it takes to change into the next."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.pacing import LONGEST, SHORTEST, even_motion


def film(*values: float) -> list[np.ndarray]:
    return [np.full((1, 2, 2), value, np.float32) for value in values]


def test_a_picture_is_shown_by_how_much_changes_after_it() -> None:
    assert even_motion(film(0, 1, 3, 4)) == pytest.approx((0.75, 1.5, 0.75, 1.0))


def test_the_whole_film_takes_as_long_as_with_equal_steps() -> None:
    changes = np.random.default_rng(1).uniform(0, 9, 30)
    pace = even_motion(film(*np.cumsum(changes)))
    assert sum(pace) == pytest.approx(30)


def test_no_step_is_skipped_and_none_stands_still() -> None:
    pace = even_motion(film(*([0.0] * 10), 100, *([100.1] * 9)))
    assert max(pace) / min(pace) <= LONGEST / SHORTEST + 1e-9
    assert pace[9] == max(pace)


def test_films_without_change_have_equal_steps() -> None:
    assert even_motion(film(5, 5, 5)) == (1.0, 1.0, 1.0)
    assert even_motion(film(5)) == (1.0,)
