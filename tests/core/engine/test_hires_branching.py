"""Branches of films of two passes, the words that act in both, and what has no second pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import InvalidRequest
from core.film.film import Film
from core.models.catalogue import Catalogue
from core.request.hires import LANCZOS
from core.request.request import Mask, Reference, Size, Source
from core.runs.branch import Branch
from core.runs.events import Stepped
from core.runs.operations import (
    Generate,
    GenerateBranch,
    OpenFilm,
    RecordAttention,
    result_of,
)
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready
from tests.core.engine.test_hires import HIRES, REQUEST, made


@pytest.fixture(scope="module")
def whole(models: Path) -> Film:
    engine = Engine(Catalogue((models,)), device="cpu", dtype="float32")
    return made(engine, REQUEST)[1]


def test_a_branch_in_the_first_pass_is_followed_by_its_second(engine: Engine, whole: Film) -> None:
    changed = replace(whole.request, prompt="a blue boat")
    branch = ready(list(engine.run(GenerateBranch(Branch(whole, 3, changed)))))
    assert branch.image.pixels.shape == (48, 64, 3)
    assert_same_frames(
        replace(branch.film, frames=branch.film.frames[:3]), replace(whole, frames=whole.frames[:3])
    )
    other = ready(list(engine.run(GenerateBranch(Branch(whole, 3, replace(whole.request, sampler="euler"))))))
    assert other.image.pixels.shape == (48, 64, 3)
    assert other.film.second is not None
    assert other.film.second.scheduler == other.film.scheduler


def test_a_branch_in_the_second_pass_keeps_the_first(engine: Engine, whole: Film) -> None:
    changed = replace(whole.request, prompt="a blue boat")
    branch = ready(list(engine.run(GenerateBranch(Branch(whole, 6, changed)))))
    assert_same_frames(
        replace(branch.film, frames=branch.film.frames[:6]), replace(whole, frames=whole.frames[:6])
    )
    assert not np.array_equal(branch.film.frames[6].guided, whole.frames[6].guided)


@pytest.mark.parametrize("upscaler", ["Latent", LANCZOS])
def test_a_second_pass_of_another_shape_is_rebuilt_and_gone_on_with(
    upscaler: str, engine: Engine, tmp_path: Path
) -> None:
    """The samplers draw noise, which comes behind that of the encoder."""
    hires = replace(HIRES, upscaler=upscaler, size=Size(96, 48), sampler="euler_a")
    whole = ready(list(engine.run(Generate(replace(REQUEST, sampler="euler_a", hires=hires)))))
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    for call in (5, 6):
        again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
        assert np.array_equal(again.image.pixels, whole.image.pixels)


@pytest.mark.parametrize("change", [{"remaining_steps": 120}, {"request": {"sampler": "euler"}}])
def test_steps_of_a_branch_in_the_first_pass_are_not_those_of_the_second(
    change: dict[str, Any], engine: Engine
) -> None:
    """A second pass with as many steps as the first keeps the number that it had in the film."""
    _, film = made(engine, replace(REQUEST, hires=replace(HIRES, strength=0.3, steps=0)))
    request = replace(film.request, **change.get("request", {}))
    branch = Branch(film, 1, request, remaining_steps=change.get("remaining_steps"))
    made_of_it = ready(list(engine.run(GenerateBranch(branch)))).film
    assert made_of_it.request.hires == replace(HIRES, strength=0.3, steps=5)
    assert made_of_it.second is not None
    assert made_of_it.schedule.calls - made_of_it.second.first_call == 5
    assert made_of_it.second.first_call == (branch.remaining_steps or branch.steps_left)
    kept = ready(list(engine.run(GenerateBranch(Branch(film, 1, replace(film.request, prompt="a boat"))))))
    assert kept.film.request.hires == replace(HIRES, strength=0.3, steps=0)


OWN = {"prompt": "a (blue:1.3) boat", "negative_prompt": "rain", "guidance_scale": 2.0}
NO_GUIDANCE = {"guidance_scale": 1.0}


@pytest.mark.parametrize("own", [OWN, NO_GUIDANCE])
def test_a_second_pass_of_its_own_is_made_rebuilt_and_taken_up_bit_for_bit(
    own: dict[str, Any], engine: Engine, tmp_path: Path
) -> None:
    """It is what a branch with these settings makes between the passes."""
    plain = made(engine, REQUEST)[1]
    pixels, whole = made(engine, replace(REQUEST, hires=replace(HIRES, **own)))
    assert_same_frames(replace(whole, frames=whole.frames[:5]), replace(plain, frames=plain.frames[:5]))
    assert (whole.frames[4].cond is None, whole.frames[5].cond is None) == (False, own == NO_GUIDANCE)
    assert not np.array_equal(whole.frames[5].guided, plain.frames[5].guided)
    film = result_of(engine, OpenFilm(on_disk(whole, tmp_path))).film
    assert_same_frames(film, whole)
    for call in (2, 5, 6, 8):
        again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
        assert np.array_equal(again.image.pixels, pixels)
        assert again.image.recipe.parent is None
    if own != NO_GUIDANCE:  # turned on or off, the rest would be a run of its own
        branch = Branch(plain, 5, whole.request)
        assert branch.changes() == "prompt, negative prompt, guidance scale"
        branched = ready(list(engine.run(GenerateBranch(branch))))
        assert np.array_equal(branched.image.pixels, pixels)
        assert branched.film.request.hires == whole.request.hires


def test_guidance_may_act_in_the_second_pass_alone(engine: Engine, tmp_path: Path) -> None:
    request = replace(REQUEST, guidance_scale=1.0, hires=replace(HIRES, guidance_scale=4.0))
    pixels, whole = made(engine, request)
    assert [frame.cond is None for frame in whole.frames] == [True] * 5 + [False] * 3
    film = result_of(engine, OpenFilm(on_disk(whole, tmp_path))).film
    assert_same_frames(film, whole)
    again = ready(list(engine.run(GenerateBranch(Branch(film, 7, film.request)))))
    assert np.array_equal(again.image.pixels, pixels)


def test_a_rest_of_a_second_pass_that_becomes_a_run_has_its_texts(engine: Engine) -> None:
    _, whole = made(engine, replace(REQUEST, hires=replace(HIRES, **OWN)))
    rest = ready(list(engine.run(GenerateBranch(Branch(whole, 6, whole.request, fresh_noise=0.3))))).film
    assert rest.request.hires is None
    assert {name: getattr(rest.request, name) for name in OWN} == OWN


def test_words_of_the_first_prompt_are_not_looked_for_in_another_one(engine: Engine) -> None:
    _, whole = made(engine, replace(REQUEST, hires=replace(HIRES, prompt="boats")))
    record = result_of(engine, RecordAttention(whole))
    assert record is not None
    assert [maps.call for maps in record.calls] == list(range(5))


def test_variants_are_drawn_in_the_prompt_of_a_second_pass(engine: Engine) -> None:
    request = replace(REQUEST, variants=True, hires=replace(HIRES, prompt="a {red|blue|green} {2$$boat|sun|tree}"))
    hires = [made(engine, replace(request, seed=seed))[1].request.hires for seed in (1, 1, 2, 3)]
    prompts = [one.prompt for one in hires if one is not None]
    assert prompts[0] == prompts[1]
    assert len({*prompts}) > 1
    assert not any("{" in prompt for prompt in prompts)


@pytest.mark.parametrize("change", [{"remaining_steps": 4}, {"fresh_noise": 0.5}])
def test_a_branch_with_other_noise_in_the_second_pass_is_a_run_at_its_size(
    change: dict[str, Any], engine: Engine, whole: Film, tmp_path: Path
) -> None:
    branch = Branch(whole, 6, whole.request, **change)
    assert branch.steps_left == 2
    last = ready(list(engine.run(GenerateBranch(branch))))
    assert last.image.pixels.shape == (48, 64, 3)
    assert (last.film.request.hires, last.film.request.size) == (None, Size(64, 48))
    assert len(last.film.frames) == change.get("remaining_steps", 2)
    assert last.film.parent == branch.parent
    rebuilt = result_of(engine, OpenFilm(on_disk(last.film, tmp_path))).film
    assert_same_frames(rebuilt, last.film)


def test_words_are_recorded_in_both_passes(engine: Engine, whole: Film) -> None:
    list(engine.run(Generate(REQUEST)))
    again = result_of(engine, RecordAttention(whole))
    events = list(engine.run(Generate(REQUEST, attention=True)))
    recorded = [event.attention for event in events if isinstance(event, Stepped)][-1]
    assert again is not None
    assert recorded is not None
    assert [maps.call for maps in recorded.calls] == list(range(8))
    for maps, twin in zip(recorded.calls, again.calls, strict=True):
        assert np.array_equal(maps.maps, twin.maps)


def test_the_last_text_of_a_prompt_that_changes_acts_in_the_second_pass(engine: Engine) -> None:
    _, changing = made(engine, replace(REQUEST, prompt="a [red:blue:0.5] house"))
    _, blue = made(engine, replace(REQUEST, prompt="a blue house"))
    start = [film.pass_at(5).frames[0] for film in (changing, blue)]
    assert not np.array_equal(start[0].noisy, start[1].noisy)  # the first passes differ
    seeded = replace(changing, request=replace(changing.request, prompt="a blue house"))
    again = ready(list(engine.run(GenerateBranch(Branch(seeded, 5, seeded.request))))).film
    assert_same_frames(again.pass_at(5), changing.pass_at(5))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": Source("a.png", 0.5)}, "image"),
        ({"hires": replace(HIRES, strength=0.0)}, "hires strength"),
        ({"hires": replace(HIRES, strength=float("nan"))}, "hires strength"),
        ({"hires": replace(HIRES, scale=float("nan"))}, "hires fix"),
        ({"hires": replace(HIRES, scale=9.0)}, "hires fix"),
        ({"hires": replace(HIRES, size=Size(0, 0))}, "hires fix"),
        ({"hires": replace(HIRES, size=Size(100_000, 64))}, "hires fix"),
        ({"hires": replace(HIRES, sampler="gone")}, "hires sampler"),
        ({"hires": replace(HIRES, steps=-1)}, "hires steps"),
        ({"hires": replace(HIRES, steps=500)}, "hires strength"),
        ({"references": (Reference("a.png"),)}, "reference pictures"),
        ({"mask": Mask("mask.png")}, "mask"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_loaded(
    changes: dict[str, Any], field: str, engine: Engine
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        list(engine.run(Generate(replace(REQUEST, **changes))))
    assert refused.value.field in (field, "hires fix")
