"""Variations in the engine: each picture's noise, and films that are rebuilt and branched without drawing it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.engine.engine import Engine
from core.request.request import GenerationRequest, Size, Source, Variation
from core.runs.branch import Branch
from core.runs.events import ImageReady
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.core.engine.test_source_runs import photo as photo

VARIED = replace(REQUEST, variation=Variation(0.3, 9))


def starts(engine: Engine, request: GenerationRequest) -> list[np.ndarray]:
    events = engine.run(Generate(request))
    return [event.film.frames[0].noisy for event in events if isinstance(event, ImageReady)]


def test_a_weak_variation_stays_near_and_pictures_differ_by_the_second_seed(engine: Engine) -> None:
    (plain,) = starts(engine, REQUEST)
    first, second = starts(engine, replace(VARIED, count=2))
    (alone,) = starts(engine, replace(VARIED, variation=Variation(0.3, 10)))
    (strong,) = starts(engine, replace(VARIED, variation=Variation(0.8, 9)))
    assert np.array_equal(second, alone)
    assert not np.array_equal(first, second)
    assert 0 < np.abs(first - plain).mean() < np.abs(strong - plain).mean()


def test_a_drawn_second_seed_is_in_the_recipe_and_repeats_the_picture(engine: Engine) -> None:
    events = list(engine.run(Generate(replace(REQUEST, seed=None, variation=Variation(0.5)))))
    request = ready(events).film.request
    assert request.variation is not None
    assert request.variation.seed is not None
    again = ready(list(engine.run(Generate(request))))
    assert np.array_equal(again.image.pixels, ready(events).image.pixels)


@pytest.mark.parametrize("sampler", ["ddim", "euler_a"])
@pytest.mark.parametrize("has_picture", [False, True])
def test_the_film_is_rebuilt_and_branched_bit_for_bit(
    sampler: str, has_picture: bool, engine: Engine, photo: Path, tmp_path: Path
) -> None:
    source = Source(str(photo), 0.8) if has_picture else None
    request = replace(VARIED, sampler=sampler, source=source, variation=Variation(0.3, 9, Size(64, 96)))
    whole = ready(list(engine.run(Generate(request))))
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    assert film.request.variation == request.variation
    other = replace(film.request, variation=None)
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, other)))))
    assert branched.film.request.variation == request.variation
    assert np.array_equal(branched.image.pixels, whole.image.pixels)
