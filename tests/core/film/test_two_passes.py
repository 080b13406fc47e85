"""A film of two passes to all that looks at films: each pass alone, motion, alignment, export, time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.film.alignment import AlignedBy, FilmAlignment
from core.film.film import Film, SecondPass
from core.film_export.pictures import export_frames
from core.measures.pacing import even_motion
from core.request.hires import Hires
from core.request.request import Size
from core.runs.relatives import layout_call
from core.runs.speed import Speed
from tests import synthetic_film

FIRST, SECOND = 6, 4


def two_passes(first: int = FIRST, second: int = SECOND) -> Film:
    """A synthetic film, and another one of twice its size behind it."""
    small, large = synthetic_film.film(first), synthetic_film.film(second, shape=(4, 32, 32), seed=8)
    size = small.request.size
    hires = Hires(steps=second, sampler="euler")
    later = tuple(replace(frame, call=frame.call + first, step=frame.step + first) for frame in large.frames)
    told = SecondPass(
        first,
        Size(2 * size.width, 2 * size.height),
        (4, 32, 32),
        9,
        9 - second,
        "EulerDiscreteScheduler",
        {},
        "ve",
    )
    return replace(
        small,
        request=replace(small.request, steps=first, hires=hires),
        schedule=small.schedule.followed_by(large.schedule, first),
        second=told,
        frames=(*small.frames, *later),
    )


@pytest.fixture(scope="module")
def film() -> Film:
    return two_passes()


def test_each_pass_is_a_film_of_its_own(film: Film) -> None:
    first, second = film.pass_at(FIRST - 1), film.pass_at(FIRST)
    assert (first.schedule.calls, second.schedule.calls) == (FIRST, SECOND)
    assert first.frames + second.frames == film.frames
    assert [film.first_call_at(call) for call in (0, FIRST - 1, FIRST, FIRST + 1)] == [0, 0, FIRST, FIRST]
    assert (first.request.hires, second.request.hires) == (None, None)
    assert (first.space, second.space, second.request.sampler, second.request.steps) == ("vp", "ve", "euler", 9)
    assert second.request.size == film.last_size == film.size_of((1, 4, 32, 32))
    assert first.request.size == film.size_of((4, 16, 16))
    assert film.schedule.steps == tuple(range(FIRST + SECOND))
    assert [film.space_at(call) for call in (0, FIRST)] == ["vp", "ve"]


def test_a_film_of_one_pass_is_that_pass() -> None:
    film = synthetic_film.film(3)
    assert film.pass_at(2) is film
    assert film.first_call_at(2) == 0


def test_motion_goes_on_over_the_change_of_size(film: Film) -> None:
    pace = even_motion([frame.denoised for frame in film.frames])
    assert len(pace) == FIRST + SECOND
    assert np.isfinite(pace).all()


def test_exports_have_the_size_of_the_last_pass(film: Film) -> None:
    shapes = {frame.picture.shape for frame in export_frames(film, ("denoised", "noisy"))}
    assert len(shapes) == 1
    assert shapes.pop()[0] == film.last_size.height


def test_films_of_two_passes_are_compared_pass_by_pass(film: Film) -> None:
    same = FilmAlignment(film, two_passes())
    assert same.aligned_by is AlignedBy.step
    assert [same.partner(call) for call in range(FIRST + SECOND)] == list(range(FIRST + SECOND))
    longer = FilmAlignment(film, two_passes(first=9))
    assert longer.aligned_by is AlignedBy.noise
    partners = [longer.partner(call) for call in range(FIRST + SECOND)]
    assert all(partner is not None and (partner < 9) is (call < FIRST) for call, partner in enumerate(partners))


def test_more_like_this_begins_in_the_first_pass(film: Film) -> None:
    assert layout_call(film) < FIRST


def test_the_time_of_a_second_pass_is_foreseen_by_its_pixels() -> None:
    request = synthetic_film.film(2).request
    plain = replace(request, steps=10)
    speed = Speed()
    speed.learn(plain, 10.0)
    assert speed.of_picture(replace(plain, hires=Hires(scale=2.0, steps=5))) == pytest.approx(10 + 5 * 4)
