"""Times of pictures and of the queue, by a clock that the test sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.session.picture_times import PictureTimes
from app.session.run import Run
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, Started
from core.runs.operations import Generate
from core.runs.queued import QueuedRun
from tests import fakes

REQUEST = GenerationRequest("a house", steps=10)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def times(clock: Clock) -> PictureTimes:
    """One picture took 5 s."""
    times = PictureTimes(clock)
    make(times, clock, REQUEST, 5.0)
    return times


def make(
    times: PictureTimes, clock: Clock, request: GenerationRequest, seconds: float, taken_over: int = 0
) -> None:
    film = fakes.film(request)
    frames = tuple(fakes.frame_of(film, call) for call in range(film.schedule.calls))
    times.follow(Started(replace(film, frames=frames[:taken_over]), 0, 1))
    clock.now += seconds
    film = replace(film, frames=frames)
    times.follow(ImageReady(fakes.image(film, "final", request.steps), film))


def test_steps_and_size_count(times: PictureTimes) -> None:
    assert times.of_picture(REQUEST) == 5.0
    assert times.of_picture(replace(REQUEST, steps=20)) == 10.0
    assert times.of_picture(replace(REQUEST, size=Size(256, 256))) == 20.0
    assert times.of_picture(replace(REQUEST, model="another")) is None


def test_a_branch_is_measured_by_the_steps_that_it_made(times: PictureTimes, clock: Clock) -> None:
    make(times, clock, REQUEST, 4.0, taken_over=5)
    assert times.of_picture(REQUEST) == 8.0


def test_a_pause_is_not_measured(times: PictureTimes, clock: Clock) -> None:
    film = fakes.film(REQUEST)
    times.follow(Started(film, 0, 1))
    times.rest()
    clock.now += 1000.0
    times.follow(ImageReady(fakes.image(film, "final", 10), film))
    assert times.of_picture(REQUEST) == 5.0


def test_the_queue_counts_what_comes_by_itself(times: PictureTimes, clock: Clock) -> None:
    running = QueuedRun(1, Generate(REQUEST), count=4, begun=2)
    held = QueuedRun(2, Generate(REQUEST), is_on_hold=True)
    times.follow(Started(fakes.film(REQUEST), 0, 1))
    clock.now += 2.0
    assert times.of_queue((running, held), [Run(Generate(REQUEST), id=1)]) == 3.0 + 2 * 5.0
    unknown = QueuedRun(3, Generate(replace(REQUEST, model="another")))
    assert times.of_queue((running, unknown), [Run(Generate(REQUEST), id=1)]) is None
