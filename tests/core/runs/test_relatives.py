"""Relatives leave a film where its layout is settled, each with noise of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.film.film import Film
from core.runs.relatives import layout_call, relatives
from tests import synthetic_film


def settling(shares: list[float], calls_per_step: int = 1) -> Film:
    """A film whose x0 has this distance from the last one at each call, in standard deviations of that."""
    film = synthetic_film.film(len(shares))
    last = film.frames[-1].denoised
    frames = tuple(
        replace(frame, denoised=last + np.float32(share) * last.std())
        for frame, share in zip(film.frames, shares, strict=True)
    )
    steps = tuple(call // calls_per_step for call in range(len(shares)))
    return replace(film, frames=frames, schedule=replace(film.schedule, steps=steps))


@pytest.mark.parametrize(
    ("shares", "calls_per_step", "expected"),
    [
        ([1.0, 0.8, 0.39, 0.2, 0.0], 1, 2),
        ([1.0, 0.3, 0.5, 0.2, 0.0], 1, 3),  # once it stays there
        ([1.0, 0.9, 0.8, 0.7, 0.0], 1, 4),
        ([1.0, 0.8, 0.6, 0.3, 0.1, 0.0], 2, 2),  # a step is left as a whole
        ([0.0, 0.0, 0.0], 1, 0),
        ([0.0], 1, 0),
    ],
)
def test_the_layout_is_settled_when_little_of_the_way_is_left(
    shares: list[float], calls_per_step: int, expected: int
) -> None:
    assert layout_call(settling(shares, calls_per_step)) == expected


def test_each_relative_has_noise_of_its_own_and_tells_it() -> None:
    film = settling([1.0, 0.2, 0.0])
    first, second = relatives(film, 0.75, range(7, 9))
    assert (first.call, first.fresh_noise, first.noise_seed) == (1, 0.75, 7)
    assert first.parent.changes == "fresh noise 75% (seed 7)"
    assert second.parent.changes == "fresh noise 75% (seed 8)"
    assert not first.keeps_history
