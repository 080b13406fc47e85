"""Runs that begin with a picture are recorded, rebuilt, taken up again and branched like all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.engine.engine import Engine
from core.errors import InvalidRequest, UnreadablePicture
from core.request.request import GenerationRequest, Source
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(4).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def request_(photo: Path) -> GenerationRequest:
    return replace(REQUEST, source=Source(str(photo), 0.8))


def test_only_the_last_steps_are_made(engine: Engine, request_: GenerationRequest) -> None:
    events = list(engine.run(Generate(request_)))
    steps = [event.frame.step for event in events if isinstance(event, Stepped)]
    assert steps == [1, 2, 3, 4]
    assert ready(events).film.skipped_steps == 1


def test_a_weaker_strength_stays_nearer_to_the_picture(engine: Engine, request_: GenerationRequest) -> None:
    def noise_at_start(strength: float) -> float:
        source = replace(request_.source, strength=strength) if request_.source else None
        return ready(list(engine.run(Generate(replace(request_, source=source))))).film.frames[0].sigma

    assert noise_at_start(0.2) < noise_at_start(0.6) < noise_at_start(1.0)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_film_is_rebuilt_and_branched_bit_for_bit_without_the_picture(
    sampler: str, engine: Engine, request_: GenerationRequest, photo: Path, tmp_path: Path
) -> None:
    whole = ready(list(engine.run(Generate(replace(request_, sampler=sampler)))))
    photo.unlink()
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    assert film.request.source is not None
    assert whole.film.request.source is not None
    assert film.request.source == replace(whole.film.request.source, path="photo.png")
    again = ready(list(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)


@pytest.mark.parametrize(("sampler", "tail"), [("euler_a", "dpm2_a"), ("ddim", "dpmpp_2m_sde"), ("heun", "pndm")])
def test_a_tail_of_another_sampler_can_be_saved_rebuilt_and_branched_again(
    sampler: str, tail: str, engine: Engine, request_: GenerationRequest, tmp_path: Path
) -> None:
    parent = ready(list(engine.run(Generate(replace(request_, sampler=sampler))))).film
    # nobody can give a branch another source picture
    other = ready(
        list(engine.run(GenerateBranch(Branch(parent, 1, replace(request_, sampler=tail, source=None)))))
    )
    assert other.film.request.source == parent.request.source
    rebuilt = result_of(engine, OpenFilm(on_disk(other.film, tmp_path))).film
    assert_same_frames(rebuilt, other.film)
    again = ready(list(engine.run(GenerateBranch(Branch(rebuilt, 1, rebuilt.request)))))
    assert np.array_equal(again.image.pixels, other.image.pixels)


def test_a_run_stopped_before_its_first_step_begins_with_its_picture_again(
    engine: Engine, request_: GenerationRequest
) -> None:
    whole = ready(list(engine.run(Generate(request_))))
    again = ready(list(engine.run(GenerateBranch(Branch(replace(whole.film, frames=()), 0, whole.film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)


def test_several_pictures_of_one_source_are_what_each_seed_gives_alone(
    engine: Engine, request_: GenerationRequest
) -> None:
    events = list(engine.run(Generate(replace(request_, count=2))))
    second = [event for event in events if not isinstance(event, Stepped)][-1]
    alone = ready(list(engine.run(Generate(replace(request_, seed=6)))))
    assert np.array_equal(ready([second]).image.pixels, alone.image.pixels)


def test_a_source_that_is_gone_or_no_picture_is_told_before_the_first_step(
    engine: Engine, request_: GenerationRequest, photo: Path
) -> None:
    photo.write_text("no picture")
    with pytest.raises(UnreadablePicture):
        list(engine.run(Generate(request_)))
    photo.unlink()
    with pytest.raises(InvalidRequest):
        list(engine.run(Generate(request_)))
