from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.session.progress_text import Progress, duration
from app.session.run import Ending, RunState
from core.film.film import Film, Schedule, SecondPass
from core.request.hires import Hires
from core.request.request import GenerationRequest, Size
from core.runs.events import Advanced, ImageReady, Phase, Preview, Started, Stepped
from tests import fakes


def stepped(film: Film, call: int, seconds: float = 0.5) -> Stepped:
    preview = Preview(fakes.pixels(Size(16, 16), call), is_decoded=False)
    frames = tuple(fakes.frame_of(film, earlier) for earlier in range(call + 1))
    return Stepped(replace(film, frames=frames), preview, seconds)


@pytest.fixture
def film() -> Film:
    return fakes.film(GenerationRequest("a house", steps=20, seed=7))


@pytest.fixture
def running(film: Film) -> Progress:
    progress = Progress()
    assert progress.words == "Ready"
    progress.follow(RunState.running)
    progress.follow(Started(film, 0, 1))
    return progress


def test_phases_are_told_in_words_and_nobody_knows_how_long_they_take() -> None:
    progress = Progress()
    progress.follow(RunState.running)
    progress.follow(Phase.loading_model)
    assert progress.words == "Loading the model"
    assert progress.fraction is None


def test_a_step_is_told_with_the_number_of_steps_and_the_figures(running: Progress, film: Film) -> None:
    for call in range(12):
        running.follow(stepped(film, call))
    assert running.words == "Step 12 of 20"
    assert running.fraction == 0.6
    assert running.figures == "0.50 s/step  ·  4.0 s left"


def test_two_network_calls_are_one_step_for_samplers_of_second_order(film: Film) -> None:
    steps = (0, 0, 1, 1, 2)
    schedule = Schedule(np.zeros(5, np.float32), np.linspace(14, 0.1, 5), steps)
    film = replace(film, schedule=schedule, request=replace(film.request, steps=3))
    progress = Progress()
    progress.follow(RunState.running)
    progress.follow(Started(film, 0, 1))
    progress.follow(stepped(film, 0))
    progress.follow(stepped(film, 1))
    assert progress.words == "Step 1 of 3"
    assert progress.fraction == 0.4
    assert progress.figures.startswith("0.83 s/step  ·  1.5 s left")


def test_the_time_left_is_told_for_the_picture_and_for_the_queue(film: Film) -> None:
    progress = Progress()
    progress.follow(RunState.running)
    progress.follow(Started(film, 1, 3))
    progress.follow(stepped(film, 0, seconds=1.0))
    assert progress.words == "Picture 2 of 3  ·  step 1 of 20"
    assert "19 s left" in progress.figures
    assert "queue" not in progress.figures
    progress.queue_seconds = 39.0
    assert "19 s left  ·  queue 39 s" in progress.figures


def test_several_pictures_are_told_with_the_time_that_they_took_without_pauses(film: Film) -> None:
    now = 0.0
    progress = Progress(lambda: now)
    for state, moment in (
        (RunState.running, 10.0),
        (RunState.paused, 13.0),
        (RunState.running, 100.0),
        (RunState.idle, 103.8),
    ):
        now = moment
        if state is RunState.idle:
            for _ in range(4):
                progress.follow(ImageReady(fakes.image(film, "final", 20), film))
                progress.count_finished()
                progress.follow(Ending.finished)
        progress.follow(state)
    assert progress.words == "4 pictures in 6.8 s"


def test_the_time_left_is_told_before_the_first_step_of_the_next_picture(running: Progress, film: Film) -> None:
    running.follow(stepped(film, 19))
    running.follow(Started(film, 1, 2))
    assert running.figures == "0.50 s/step  ·  10 s left"


def test_stopping_is_told_at_once(running: Progress, film: Film) -> None:
    running.follow(stepped(film, 0))
    running.follow(RunState.stopping)
    assert running.words == "Stopping after this step"


def test_pausing_tells_where(running: Progress, film: Film) -> None:
    running.follow(stepped(film, 3))
    running.follow(RunState.paused)
    assert running.words == "Paused at step 4 of 20"


def test_the_outcome_stays_until_the_next_run(running: Progress, film: Film) -> None:
    running.follow(stepped(film, 19))
    image = fakes.image(film, "final", 20)
    image = replace(image, recipe=replace(image.recipe, seconds=75.2))
    running.follow(ImageReady(image, film))
    running.follow(Ending.finished)
    running.follow(RunState.idle)
    assert running.words == "Finished in 1 min 15 s  ·  seed 7"
    assert running.figures == ""
    assert running.fraction == 0.0


def test_a_stopped_run_tells_how_far_it_came(running: Progress, film: Film) -> None:
    running.follow(stepped(film, 7))
    running.follow(Ending.cancelled)
    running.follow(RunState.idle)
    assert running.words == "Stopped at step 8 of 20"


def test_the_next_run_of_the_queue_starts_from_nothing(running: Progress, film: Film) -> None:
    running.follow(stepped(film, 7, seconds=100.0))
    running.follow(Ending.cancelled)
    running.follow(Phase.loading_model)
    assert running.words == "Loading the model"
    running.follow(None)
    running.follow(Started(film, 0, 1))
    running.follow(stepped(film, 0, seconds=1.0))
    assert running.figures.startswith("1.00 s/step")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")],
)
def test_durations_are_told_in_units_that_fit(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def of_two_passes(film: Film) -> Film:
    """The last calls of a film as a second pass of four times as many pixels."""
    size = Size(2 * film.request.size.width, 2 * film.request.size.height)
    second = SecondPass(8, size, (4, 8, 8), 4, 0, film.scheduler, {}, film.space)
    return replace(film, request=replace(film.request, steps=8, hires=Hires(steps=4)), second=second)


def test_the_second_pass_counts_by_its_pixels() -> None:
    film = of_two_passes(fakes.film(GenerationRequest("a house", steps=12, seed=7)))
    progress = Progress()
    for happened in (RunState.running, Started(replace(film, frames=()), 0, 1), stepped(film, 7)):
        progress.follow(happened)
    assert progress.words == "Step 8 of 12"
    assert progress.fraction == pytest.approx(8 / 24)
    assert progress.figures.endswith("8.0 s left")  # four calls, each of which takes as long as four
    for happened in (Phase.enlarging, Advanced(1, 2), Advanced(2, 2)):
        progress.follow(happened)
    assert progress.words == "2 of 2"
    for happened in (None, stepped(film, 8)):
        progress.follow(happened)
    assert progress.words == "Step 9 of 12"
    assert progress.fraction == pytest.approx(12 / 24)
