"""Hooks of the loop act after each step; a film with hooks is rebuilt, resumed and branched bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.engine.engine import Engine
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Step, StepContext, StepHook, denoise
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.mask_blending import LAYOUT, MASK, SOURCE
from core.engine.sampling.step_hooks import step_hooks
from core.errors import InvalidRequest
from core.film.film import Film
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.measures.noise_levels import scale_of, signal_and_noise
from core.request.request import GenerationRequest, Size
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import ImageReady, Started
from core.runs.operations import Decode, Generate, GenerateBranch, OpenFilm, result_of
from tests import synthetic_film, tiny
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready

CPU = torch.device("cpu")
REQUEST = GenerationRequest(
    "a red house",
    negative_prompt="fog",
    model="tiny-v",
    size=Size(32, 24),
    sampler="ddim",
    steps=4,
    guidance_scale=4.0,
    seed=5,
)
SHAPE = (4, 6, 8)
NEW = np.zeros((1, *SHAPE[1:]), np.float32)
NEW[..., 4:] = 1  # the left half is kept
KEPT = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)
EXTRAS: Mapping[str, NDArray[Any]] = {MASK: NEW, SOURCE: KEPT, "from the future": np.arange(3, dtype=np.uint8)}


def masked(engine: Engine, request: GenerationRequest = REQUEST) -> ImageReady:
    """A run from noise whose film has `EXTRAS` from its first call on."""
    events = engine.run(Generate(request))
    (film,) = [next(event.film for event in events if isinstance(event, Started))]
    events.close()
    return ready(list(engine.run(GenerateBranch(Branch(replace(film, extras=EXTRAS), 0, film.request)))))


def assert_keeps(film: Film, seed: int) -> None:
    """At each level the left half is the source with as much of the seed's noise as the level has."""
    noise = torch.randn((1, *SHAPE), generator=torch.Generator("cpu").manual_seed(seed))[0].numpy()
    expected = KEPT
    for frame in film.frames[1:]:
        alpha, sigma = signal_and_noise(frame.sigma)
        expected = (alpha * KEPT + sigma * noise) * scale_of(film.space, frame.sigma)
        np.testing.assert_allclose(frame.noisy[..., :4], expected[..., :4], rtol=1e-4, atol=1e-5)
    assert not np.allclose(film.frames[-1].noisy[..., 4:], expected[..., 4:], atol=1e-2)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_masked_run_is_rebuilt_resumed_and_branched_bit_for_bit(
    sampler: str, engine: Engine, tmp_path: Path
) -> None:
    request = replace(REQUEST, sampler=sampler)
    whole = masked(engine, request)
    assert_keeps(whole.film, seed=5)
    assert not np.array_equal(whole.image.pixels, ready(list(engine.run(Generate(request)))).image.pixels)
    writer = FilmWriter(tmp_path / f"cut{SUFFIX}", whole.film)
    for frame in whole.film.frames[:2]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    for path, calls in ((on_disk(whole.film, tmp_path), 3), (writer.part_path, 2)):
        film = result_of(engine, OpenFilm(path)).film
        assert_same_frames(film, replace(whole.film, frames=whole.film.frames[: len(film.frames)]))
        again = ready(list(engine.run(GenerateBranch(Branch(film, calls, film.request)))))
        assert_same_frames(again.film, whole.film)
        assert np.array_equal(again.image.pixels, whole.image.pixels)
        assert set(again.film.extras) == set(EXTRAS)


def test_the_end_of_a_masked_run_is_the_source_where_it_is_kept(engine: Engine) -> None:
    film = masked(engine).film
    alone = result_of(engine, Decode(film, KEPT))
    picture = ready(list(engine.run(GenerateBranch(Branch(film, len(film.frames), film.request))))).image.pixels
    far_left = np.s_[:, :4]  # convolutions of the decoder carry the right half over
    difference = np.abs(picture[far_left].astype(int) - alone[far_left].astype(int))
    right = np.abs(picture[:, -8:].astype(int) - alone[:, -8:].astype(int))
    assert difference.mean() < right.mean()


@pytest.mark.parametrize(
    "changes",
    [{"request": {"prompt": "a blue boat"}}, {"request": {"sampler": "heun"}}, {"fresh_noise": 0.5}],
)
def test_a_changed_branch_keeps_its_parents_extras_and_hooks(
    changes: dict[str, Any], engine: Engine, tmp_path: Path
) -> None:
    film = masked(engine).film
    more = dict(changes)
    request = replace(film.request, **more.pop("request", {}))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, request, **more))))).film
    assert branched.parent is not None
    assert set(branched.extras) == set(EXTRAS)
    assert_keeps(branched, seed=5)
    assert_same_frames(result_of(engine, OpenFilm(on_disk(branched, tmp_path))).film, branched)


def test_a_film_with_extras_of_no_hook_runs_as_without_them() -> None:
    film = replace(synthetic_film.film(2), extras={"from the future": np.zeros(3, np.uint8), SOURCE: KEPT})
    assert step_hooks(film, CPU) == ()


def test_a_mask_without_a_source_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="source"):
        step_hooks(replace(synthetic_film.film(2), extras={MASK: NEW}), CPU)


@pytest.mark.parametrize(
    "layout", [np.zeros(2, np.int32), np.ones(3, np.int32), np.ones(2, np.float32), np.full(2, 2**30, np.int32)]
)
def test_a_layout_that_is_no_size_is_refused(layout: NDArray[Any]) -> None:
    with pytest.raises(InvalidRequest, match="height and width"):
        step_hooks(replace(synthetic_film.film(2), extras={MASK: NEW, SOURCE: KEPT, LAYOUT: layout}), CPU)


@pytest.mark.parametrize(
    ("mask", "source"),
    [
        (NEW[0], KEPT),
        (NEW, KEPT[0]),
        (NEW[..., 1:], KEPT),
        (NEW.astype(np.float64), KEPT),
        (NEW, KEPT.astype(np.float16)),
        (NEW[..., 1:], KEPT[..., 1:]),
    ],
)
def test_extras_that_do_not_fit_are_refused(mask: NDArray[Any], source: NDArray[Any], engine: Engine) -> None:
    events = engine.run(Generate(REQUEST))
    (film,) = [next(event.film for event in events if isinstance(event, Started))]
    events.close()
    film = replace(film, extras={MASK: mask, SOURCE: source})
    with pytest.raises(InvalidRequest, match="expected"):
        list(engine.run(GenerateBranch(Branch(film, 0, film.request))))


@pytest.mark.parametrize("sampler", ["ddim", "heun"])
def test_hooks_are_called_in_their_order_after_each_step(sampler: str) -> None:
    seen: list[tuple[str, int, int, float]] = []

    def noting(name: str, added: float) -> StepHook:
        def hook(step: StepContext, x: torch.Tensor) -> torch.Tensor:
            seen.append((name, step.call, step.step, step.sigma))
            return x + added * torch.randn(x.shape, generator=step.generators[0])

        return hook

    def run(hooks: tuple[StepHook, ...]) -> tuple[list[Step], torch.Tensor]:
        sampling = schedulers.build(sampler, tiny.scheduler().config, 3)
        generators = [torch.Generator("cpu").manual_seed(5)]
        steps = denoise(
            lambda x, t: Prediction(x, None), sampling, torch.ones(1, 4, 6, 8), generators, 1.0, (), hooks
        )
        made: list[Step] = []
        while True:
            try:
                made.append(next(steps))
            except StopIteration as end:
                return made, end.value

    plain, _ = run(())
    made, last = run((noting("first", 0.0), noting("second", 0.1)))
    schedule = schedulers.build(sampler, tiny.scheduler().config, 3).schedule
    sigmas = [*(float(sigma) for sigma in schedule.sigmas[1:]), 0.0]
    calls = list(enumerate(zip(schedule.steps, sigmas, strict=True)))
    assert seen == [(name, call, step, sigma) for call, (step, sigma) in calls for name in ("first", "second")]
    assert torch.equal(made[0].noisy, plain[0].noisy)
    assert not torch.equal(made[1].noisy, plain[1].noisy)
    assert torch.equal(last, run((noting("first", 0.0), noting("second", 0.1)))[1])
