"""The position in a film, in words and on the axis of steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.film.position import calls_in_step, explanation, number, position_text, positions, short_position_text
from core.film.film import Film, Schedule, SecondPass
from core.request.hires import Hires
from core.request.size import Size
from tests import synthetic_film

SCHEDULE = Schedule(np.array([900, 200, 10], np.float32), np.array([np.e, 1.0, 0.5]), (0, 1, 2))


def film(schedule: Schedule, steps: int = 0) -> Film:
    """A film of this schedule; its second pass, if it has ``steps`` for that, are its last calls."""
    film = replace(synthetic_film.film(2), schedule=schedule)
    request = replace(
        film.request, steps=schedule.steps[-1] + 1 - steps, hires=Hires(steps=steps) if steps else None
    )
    first_call = schedule.calls - steps
    second = SecondPass(first_call, Size(64, 64), (4, 8, 8), steps, 0, "", {}, "vp") if steps else None
    return replace(film, request=request, second=second)


def test_calls_of_one_step_share_its_place_on_the_axis() -> None:
    heun = synthetic_film.schedule(3, calls_per_step=2)
    np.testing.assert_array_equal(positions(heun), [1, 1.5, 2, 2.5, 3])
    np.testing.assert_array_equal(positions(synthetic_film.schedule(3)), [1, 2, 3])


def test_calls_are_numbered_within_their_step() -> None:
    heun = synthetic_film.schedule(3, calls_per_step=2)
    assert [calls_in_step(heun, call) for call in range(5)] == [(1, 2), (2, 2), (1, 2), (2, 2), (1, 1)]


def test_the_position_tells_step_and_mixture_in_words_and_symbols_beside_them() -> None:
    assert position_text(film(SCHEDULE), 0) == "step 1 of 3 · 27 % picture, 73 % noise"
    assert explanation(SCHEDULE, 0).splitlines()[:3] == [
        "The step begins with 27 % picture, 73 % noise; you see what the network makes of it.",
        "σ 2.72 (noise divided by picture)",
        "log-SNR −2 (logarithm of picture² to noise²)",
    ]


def test_the_last_step_says_that_the_picture_is_finished_and_what_it_began_with_beside_it() -> None:
    assert position_text(film(SCHEDULE), 2) == "step 3 of 3 · finished picture"
    assert short_position_text(film(SCHEDULE), 2) == "3/3 · finished picture"
    assert explanation(SCHEDULE, 2).startswith("The step begins with 67 % picture, 33 % noise; ")


def test_the_position_tells_calls_only_where_steps_have_several() -> None:
    assert position_text(film(synthetic_film.schedule(15, calls_per_step=2)), 12).startswith(
        "step 7 of 15, call 1 of 2"
    )


def test_the_short_position_has_step_and_mixture() -> None:
    assert short_position_text(film(SCHEDULE), 1) == "2/3 · 50 % picture, 50 % noise"


def test_pure_noise_has_a_position_too() -> None:
    schedule = Schedule(np.array([999, 10], np.float32), np.array([np.inf, 1.0]), (0, 1))
    assert position_text(film(schedule), 0) == "step 1 of 2 · 0 % picture, 100 % noise"


def test_the_second_pass_is_named() -> None:
    schedule = Schedule(np.array([900, 10, 500, 10], np.float32), np.array([9.0, 0.1, 1.0, 0.1]), (0, 1, 2, 3))
    told = film(schedule, steps=2)
    assert position_text(told, 1) == "step 2 of 4 · 91 % picture, 9 % noise"
    assert position_text(told, 2) == "step 3 of 4 · pass 2 · 50 % picture, 50 % noise"
    assert short_position_text(told, 2) == "3/4 · 50 % picture, 50 % noise"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0312345, "0.0312"), (14.6146, "14.6"), (1234.5, "1234"), (-2.8123, "−2.81"), (-15.31, "−15.3"), (0, "0")],
)
def test_numbers_have_about_three_figures(value: float, text: str) -> None:
    assert number(value) == text
