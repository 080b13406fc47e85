"""Calls of two films that belong beside each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.film.alignment import AlignedBy, FilmAlignment
from core.film.film import Film, Schedule
from tests.synthetic_film import film


def partners(first: Film, second: Film) -> list[int | None]:
    lock = FilmAlignment(first, second)
    return [lock.partner(call) for call in range(first.schedule.calls)]


def test_as_many_steps_go_step_by_step() -> None:
    lock = FilmAlignment(film(6, seed=1), film(6, seed=2))
    assert lock.aligned_by is AlignedBy.step
    assert partners(lock.first, lock.second) == [0, 1, 2, 3, 4, 5]


def test_two_calls_of_a_step_stand_beside_the_only_one() -> None:
    once, twice = film(3), film(3, calls_per_step=2)
    assert partners(twice, once) == [0, 0, 1, 1, 2]
    assert partners(once, twice) == [0, 2, 4]
    assert partners(twice, twice) == [0, 1, 2, 3, 4]


def test_other_numbers_of_steps_go_by_the_noise_level() -> None:
    short, long = film(5), film(10)
    lock = FilmAlignment(short, long)
    assert lock.aligned_by is AlignedBy.noise
    for call, partner in enumerate(partners(short, long)):
        assert partner is not None
        distances = np.abs(np.log(long.schedule.sigmas) - np.log(short.schedule.sigmas[call]))
        assert distances[partner] == distances.min()


def test_a_run_that_goes_on_or_was_stopped_stays_at_its_last_call() -> None:
    whole = film(6)
    stopped = replace(whole, frames=whole.frames[:3])
    assert partners(whole, stopped) == [0, 1, 2, 2, 2, 2]
    assert partners(film(12), stopped)[-1] == 2
    assert FilmAlignment(whole, replace(whole, frames=())).partner(0) is None


def test_a_branch_that_begins_later_waits_at_its_first_call() -> None:
    whole = film(6)
    schedule = Schedule(whole.schedule.timesteps[4:], whole.schedule.sigmas[4:], whole.schedule.steps[4:])
    late = replace(whole, schedule=schedule, frames=whole.frames[4:], skipped_steps=4)
    assert partners(whole, late) == [0, 0, 0, 0, 0, 1]


def test_infinite_noise_is_nearest_to_infinite_noise() -> None:
    def endless(film: Film) -> Film:
        sigmas = film.schedule.sigmas.copy()
        sigmas[0] = np.inf
        return replace(film, schedule=Schedule(film.schedule.timesteps, sigmas, film.schedule.steps))

    assert partners(endless(film(5)), endless(film(8)))[0] == 0
