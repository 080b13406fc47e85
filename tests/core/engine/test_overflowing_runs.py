"""A run in float16 is told of an overflow by the copies of its calls, and goes back to the call that had it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from core.engine.engine import Engine
from core.errors import NotANumberPicture
from core.film.film import Film
from core.models.catalogue import Catalogue
from core.request.hires import LANCZOS, Hires
from core.request.request import GenerationRequest
from core.runs.branch import Branch
from core.runs.events import ImageReady, PreviewMode, Started, Stepped
from core.runs.operations import Generate, GenerateBranch, OpenFilm, result_of
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.core.engine.test_inpainting import asked
from tests.core.engine.test_looking_ahead import SAMPLERS, kinds
from tests.late_gpu import late_gpu
from tests.on_gpus import GPUS, engine_on, last_of

FILMS: dict[str, Callable[[Path], GenerationRequest]] = {
    **{sampler: lambda _, sampler=sampler: replace(REQUEST, sampler=sampler) for sampler in SAMPLERS},
    "a masked picture": lambda folder: asked(folder, replace(REQUEST, sampler="euler_a")),
    "two passes": lambda _: replace(REQUEST, hires=Hires(scale=2.0, strength=0.5, steps=3)),
    "two passes over a picture": lambda _: replace(
        REQUEST, hires=Hires(LANCZOS, scale=2.0, strength=0.5, steps=3)
    ),
}
DEVICES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "copies that come late": late_gpu,
    "copies that come at once": partial(late_gpu, is_late=False),
    "the processor": nullcontext,
}

ROUNDED = 1e-2
"""In the shares of words of all calls, of which the other run computes one in float16."""


@pytest.fixture
def engine(models: Path) -> Engine:
    return Engine(Catalogue((models,)), "cpu", "float16")


def calls_at(patch: pytest.MonkeyPatch, timestep: float, answer: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Has networks give ``answer`` in the calls at a timestep."""
    forward = UNet2DConditionModel.forward

    def answering(self: UNet2DConditionModel, x: torch.Tensor, t: torch.Tensor, *args: Any, **options: Any) -> Any:
        made = forward(self, x, t, *args, **options)  # where its attention is watched
        return (answer(x),) if float(t) == timestep else made

    patch.setattr(UNet2DConditionModel, "forward", answering)


def nothing(x: torch.Tensor) -> torch.Tensor:
    return torch.full_like(x, float("nan"))


def in_float32_alone(x: torch.Tensor) -> torch.Tensor:
    return nothing(x) if x.dtype is torch.float16 else x * 0.3


def as_in_float32(x: torch.Tensor) -> torch.Tensor:
    return (x.float() * 0.3).to(x.dtype)


def places(film: Film) -> set[int]:
    """Returns the first, a middle and the last call of each pass of a film."""
    calls = film.schedule.calls
    begin = film.second.first_call if film.second is not None else calls
    return {0, begin // 2, begin - 1, min(begin, calls - 1), calls - 1}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", FILMS)
def test_a_call_that_overflows_is_made_in_float32_wherever_it_is(
    engine: Engine, tmp_path: Path, kind: str, device: str
) -> None:
    request = FILMS[kind](tmp_path)
    operation = Generate(request, PreviewMode.linear, attention=True)
    plain = ready(list(engine.run(operation))).film
    for call in places(plain):
        with pytest.MonkeyPatch.context() as patch:
            calls_at(patch, float(plain.schedule.timesteps[call]), as_in_float32)
            expected = list(engine.run(operation))
        with pytest.MonkeyPatch.context() as patch, DEVICES[device]():
            calls_at(patch, float(plain.schedule.timesteps[call]), in_float32_alone)
            events = list(engine.run(operation))
        assert kinds(events) == kinds(expected)
        one, other = ready(events), ready(expected)
        assert_same_frames(one.film, other.film)
        assert not np.array_equal(one.film.frames[call].guided, plain.frames[call].guided)
        np.testing.assert_array_equal(one.image.pixels, other.image.pixels)
        assert one.image.recipe.note == other.image.recipe.note
        for stepped, twin in zip(steps(events), steps(expected), strict=True):
            assert stepped.attention is not None
            assert twin.attention is not None
            np.testing.assert_allclose(stepped.attention.summed, twin.attention.summed, atol=ROUNDED)
            np.testing.assert_array_equal(stepped.preview.pixels, twin.preview.pixels)


def steps(events: list[Any]) -> list[Stepped]:
    return [event for event in events if isinstance(event, Stepped)]


def test_the_film_of_an_overflow_is_replayed_and_branched_to_the_bit(engine: Engine, tmp_path: Path) -> None:
    request = replace(REQUEST, sampler="dpmpp_2m_sde")
    timesteps = ready(list(engine.run(Generate(request)))).film.schedule.timesteps
    with pytest.MonkeyPatch.context() as patch, late_gpu():
        calls_at(patch, float(timesteps[2]), in_float32_alone)
        whole = ready(list(engine.run(Generate(request))))
        for call in (1, 2, 3):
            again = ready(list(engine.run(GenerateBranch(Branch(whole.film, call, whole.film.request)))))
            assert_same_frames(again.film, whole.film)
            np.testing.assert_array_equal(again.image.pixels, whole.image.pixels)
        assert_same_frames(result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film, whole.film)


BRANCHES: dict[str, Callable[[Film], Branch]] = {
    "another prompt": lambda film: Branch(film, 2, replace(film.request, prompt="a blue house")),
    "another sampler": lambda film: Branch(film, 2, replace(film.request, sampler="dpmpp_2m_sde"), 4),
    "fresh noise": lambda film: Branch(film, 1, film.request, fresh_noise=0.5),
    "no call taken over": lambda film: Branch(film, 0, replace(film.request, prompt="a blue house")),
}


@pytest.mark.parametrize("kind", BRANCHES)
def test_a_branch_goes_back_to_the_call_that_overflows(engine: Engine, kind: str) -> None:
    parent = ready(list(engine.run(Generate(replace(REQUEST, sampler="euler_a"))))).film
    operation = GenerateBranch(BRANCHES[kind](parent))
    plain = ready(list(engine.run(operation))).film
    taken = next(event.film for event in engine.run(operation) if isinstance(event, Started)).frames
    for call in range(len(taken), plain.schedule.calls):
        found: list[ImageReady] = []
        for answer in (as_in_float32, in_float32_alone):
            with pytest.MonkeyPatch.context() as patch, late_gpu():
                calls_at(patch, float(plain.schedule.timesteps[call]), answer)
                found.append(ready(list(engine.run(operation))))
        assert_same_frames(found[1].film, found[0].film)
        assert found[1].film.parent == plain.parent
        np.testing.assert_array_equal(found[1].image.pixels, found[0].image.pixels)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("call", [0, 2, 4])
def test_values_that_are_no_numbers_in_float32_either_end_the_run_and_stay_out_of_its_film(
    models: Path, monkeypatch: pytest.MonkeyPatch, call: int, device: str, dtype: str
) -> None:
    engine = Engine(Catalogue((models,)), "cpu", dtype)
    timesteps = ready(list(engine.run(Generate(REQUEST)))).film.schedule.timesteps
    calls_at(monkeypatch, float(timesteps[call]), nothing)
    films: list[Film] = []
    with DEVICES[device](), pytest.raises(NotANumberPicture, match="the network"):
        for event in engine.run(Generate(REQUEST, PreviewMode.linear)):
            assert not isinstance(event, ImageReady)
            if isinstance(event, Stepped):
                films.append(event.film)
    assert [len(film.frames) for film in films] == list(range(1, call + 1))
    assert all(np.isfinite(frame.guided).all() for film in films for frame in film.frames)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("device", GPUS)
def test_a_step_in_float16_waits_for_nothing_but_the_film(models: Path, device: str, sampler: str) -> None:
    with GPUS[device]() as gpu:
        engine = engine_on(device, models, dtype="float16")

        def counted(steps: int) -> tuple[Counter[str], int]:
            gpu.counts.clear()
            film = last_of(engine, replace(REQUEST, sampler=sampler, steps=steps)).film
            assert film.frames[0].guided.dtype == np.float16
            return Counter(gpu.counts), len(film.frames)

        counted(1)  # loads the model
        (few, calls), (many, more_calls) = counted(3), counted(5)
    many.subtract(few)
    late = int(device == "cuda")  # the call after it is launched while that copy is on its way
    copies = {"to cpu": 1, "to cpu, late": late, "item": 0}
    assert {way: many[way] / (more_calls - calls) for way in copies} == copies
