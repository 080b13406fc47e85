"""Replaying, resuming and branching: the same loop, with the network left out where its word is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from core.engine.engine import Engine
from core.engine.sampling import schedulers
from core.film.film import Film
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.request.request import GenerationRequest, Size
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import ComputedElsewhere, Event, ImageReady, Started, Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of

REQUEST = GenerationRequest(
    "a red house",
    negative_prompt="fog",
    model="tiny-v",
    size=Size(32, 24),
    sampler="ddim",
    steps=5,
    guidance_scale=4.0,
    seed=5,
)


def ready(events: list[Event]) -> ImageReady:
    (found,) = [event for event in events if isinstance(event, ImageReady)]
    return found


def assert_same_frames(film: Film, other: Film) -> None:
    assert len(film.frames) == len(other.frames)
    for frame, twin in zip(film.frames, other.frames, strict=True):
        assert (frame.call, frame.step, frame.sigma) == (twin.call, twin.step, twin.sigma)
        assert np.array_equal(frame.noisy, twin.noisy)
        assert np.array_equal(frame.denoised, twin.denoised)


def on_disk(film: Film, folder: Path) -> Path:
    with FilmWriter(folder / f"run{SUFFIX}", film) as writer:
        for frame in film.frames:
            writer.write(frame)
        writer.finish()
    return folder / f"run{SUFFIX}"


@pytest.fixture
def network_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each run of the U-Net."""
    calls: list[int] = []
    forward = UNet2DConditionModel.forward

    def counting(self: UNet2DConditionModel, *args: object, **options: object) -> object:
        calls.append(1)
        return forward(self, *args, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(UNet2DConditionModel, "forward", counting)
    return calls


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_film_from_disk_is_rebuilt_bit_for_bit_without_the_network(
    sampler: str, engine: Engine, tmp_path: Path, network_calls: list[int]
) -> None:
    film = ready(list(engine.run(Generate(replace(REQUEST, sampler=sampler))))).film
    path = on_disk(film, tmp_path)
    engine.close()
    network_calls.clear()
    assert_same_frames(result_of(engine, OpenFilm(path)).film, film)
    assert not network_calls


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_branch_without_changes_ends_in_the_same_picture(
    sampler: str, engine: Engine, network_calls: list[int]
) -> None:
    whole = ready(list(engine.run(Generate(replace(REQUEST, sampler=sampler)))))
    for call in (3, len(whole.film.frames)):
        network_calls.clear()
        events = list(engine.run(GenerateBranch(Branch(whole.film, call, whole.film.request))))
        assert np.array_equal(ready(events).image.pixels, whole.image.pixels)
        assert_same_frames(ready(events).film, whole.film)
        assert len(network_calls) == len(whole.film.frames) - call
        (started,) = [event for event in events if isinstance(event, Started)]
        assert len(started.film.frames) == call


def test_a_run_with_equal_timesteps_is_rebuilt_and_branched_bit_for_bit(engine: Engine, tmp_path: Path) -> None:
    whole = ready(list(engine.run(Generate(replace(REQUEST, sampler="dpmpp_2m_karras", steps=30)))))
    timesteps = whole.film.schedule.timesteps
    assert timesteps[0] == timesteps[1]
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    again = ready(list(engine.run(GenerateBranch(Branch(film, 12, film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    tail = ready(
        list(engine.run(GenerateBranch(Branch(film, 12, replace(film.request, sampler="dpmpp_2m_sde_karras")))))
    )
    rebuilt = result_of(engine, OpenFilm(on_disk(tail.film, tmp_path))).film
    assert_same_frames(rebuilt, tail.film)


@pytest.mark.parametrize("sampler", ["ddim", "pndm", "heun", "unipc"])
def test_an_older_film_with_a_step_too_many_is_rebuilt_bit_for_bit(
    sampler: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object) -> None:
        pass

    with monkeypatch.context() as older:
        older.setattr(schedulers, "_set_one_timestep_less", nothing)
        whole = ready(list(engine.run(Generate(replace(REQUEST, sampler=sampler, steps=61))))).film
    assert whole.schedule.timesteps[-1] == -1
    film = result_of(engine, OpenFilm(on_disk(whole, tmp_path))).film
    assert_same_frames(film, whole)


@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_2m", "heun"])
def test_a_run_that_was_cut_off_is_resumed_from_disk_to_the_same_picture(
    sampler: str, engine: Engine, tmp_path: Path
) -> None:
    request = replace(REQUEST, sampler=sampler)
    whole = ready(list(engine.run(Generate(request))))
    writer = FilmWriter(tmp_path / f"run{SUFFIX}", whole.film)
    for frame in whole.film.frames[:3]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    film = result_of(engine, OpenFilm(writer.part_path)).film
    again = ready(list(engine.run(GenerateBranch(Branch(film, len(film.frames), film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    assert (again.image.recipe.run, again.image.recipe.parent) == (whole.image.recipe.run, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"prompt": "a blue boat"}, "prompt"),
        ({"negative_prompt": "night"}, "negative prompt"),
        ({"guidance_scale": 9.0}, "guidance scale"),
        ({"guidance_scale": 1.0}, "guidance scale"),
        ({"sampler": "euler"}, "sampler"),
        ({"sampler": "heun", "prompt": "a tree"}, "prompt, sampler"),
    ],
)
def test_a_changed_branch_is_another_picture_that_knows_its_parent(
    changes: dict[str, object], named: str, engine: Engine
) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    request = replace(REQUEST, **changes)  # pyright: ignore[reportArgumentType]
    image = ready(list(engine.run(GenerateBranch(Branch(whole.film, 2, request))))).image
    assert not np.array_equal(image.pixels, whole.image.pixels)
    assert image.recipe.run != whole.image.recipe.run
    assert image.recipe.parent is not None
    assert (image.recipe.parent.run, image.recipe.parent.step, image.recipe.parent.changes) == (
        whole.film.run,
        2,
        named,
    )


@pytest.mark.parametrize(("parent_sampler", "sampler"), [("euler", "ddim"), *(("ddim", key) for key in SAMPLERS)])
def test_a_tail_of_another_sampler_starts_at_the_noise_level_of_the_branch(
    parent_sampler: str, sampler: str, engine: Engine
) -> None:
    parent = ready(list(engine.run(Generate(replace(REQUEST, sampler=parent_sampler))))).film
    branch = Branch(parent, 2, replace(REQUEST, sampler=sampler), fresh_noise=0.1)
    film = ready(list(engine.run(GenerateBranch(branch)))).film
    assert len({frame.step for frame in film.frames}) == 3
    assert film.frames[0].sigma == pytest.approx(parent.frames[2].sigma, rel=0.6)
    assert all(np.isfinite(frame.denoised).all() for frame in film.frames)
    x, x0 = film.frames[0].noisy, parent.frames[2].denoised
    sigma = film.frames[0].sigma
    alpha = 1.0 if film.space == "ve" else (1 + sigma**2) ** -0.5
    noise = sigma if film.space == "ve" else sigma * alpha
    assert np.std((x - alpha * x0) / noise) == pytest.approx(1.0, rel=0.5)


def test_a_tail_may_have_more_steps_than_were_left(engine: Engine, network_calls: list[int]) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    network_calls.clear()
    events = list(engine.run(GenerateBranch(Branch(whole.film, 3, REQUEST, remaining_steps=8))))
    assert len([event for event in events if isinstance(event, Stepped)]) == len(network_calls) == 8


def test_fresh_noise_gives_variations_that_its_seed_repeats(engine: Engine) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))

    def varied(noise_seed: int) -> np.ndarray:
        branch = Branch(whole.film, 2, REQUEST, fresh_noise=0.5, noise_seed=noise_seed)
        return ready(list(engine.run(GenerateBranch(branch)))).image.pixels

    assert np.array_equal(varied(1), varied(1))
    assert not np.array_equal(varied(1), varied(2))
    assert not np.array_equal(varied(1), whole.image.pixels)


def test_the_tail_itself_can_be_saved_rebuilt_and_branched_again(engine: Engine, tmp_path: Path) -> None:
    parent = ready(list(engine.run(Generate(replace(REQUEST, sampler="euler_a"))))).film
    tail = ready(list(engine.run(GenerateBranch(Branch(parent, 2, replace(REQUEST, sampler="dpm2_a"))))))
    rebuilt = result_of(engine, OpenFilm(on_disk(tail.film, tmp_path))).film
    assert_same_frames(rebuilt, tail.film)
    again = ready(list(engine.run(GenerateBranch(Branch(rebuilt, 2, rebuilt.request)))))
    assert np.array_equal(again.image.pixels, tail.image.pixels)


@pytest.mark.parametrize("before", ["", "Example 4070 (8.9), torch 2.9.1, bfloat16"])
def test_a_run_that_began_on_another_device_goes_on_and_tells_it(before: str, engine: Engine) -> None:
    film = ready(list(engine.run(Generate(REQUEST)))).film
    here = film.computed_by
    begun = replace(film, computed_by=before)
    events = list(engine.run(GenerateBranch(Branch(begun, 2, begun.request))))
    told = [event for event in events if isinstance(event, ComputedElsewhere)]
    assert told == ([ComputedElsewhere(before, here)] if before else [])
    assert ready(events).film.computed_by == (f"{before}; then {here}" if before else here)
    assert not any(isinstance(e, ComputedElsewhere) for e in engine.run(GenerateBranch(Branch(film, 2, REQUEST))))
