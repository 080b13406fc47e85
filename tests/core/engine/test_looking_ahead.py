"""On a GPU the next call is launched before the last one is read; what is told and kept stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from core.engine.engine import Engine
from core.errors import NotANumberPicture
from core.film.film import Film
from core.runs.branch import Branch
from core.runs.events import ImageReady, Loading, PreviewMode, Started, Stepped
from core.runs.operations import Generate, GenerateBranch
from tests.core.engine.test_branching import REQUEST, assert_same_frames, ready
from tests.late_gpu import late_gpu

SAMPLERS = ("ddim", "euler_a", "heun", "dpmpp_2m_sde", "unipc", "pndm")
"""One and two calls a step, with noise of their own and without, with and without a history of predictions."""


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each run of the network."""
    calls: list[None] = []
    forward = UNet2DConditionModel.forward

    def counting(self: UNet2DConditionModel, *args: Any, **options: Any) -> Any:
        calls.append(None)
        return forward(self, *args, **options)

    monkeypatch.setattr(UNet2DConditionModel, "forward", counting)
    return calls


def breaking(monkeypatch: pytest.MonkeyPatch, at_call: int, breaks: Callable[[torch.Tensor], Any]) -> None:
    """Has the network do something else in the call of this number."""
    forward, calls = UNet2DConditionModel.forward, iter(range(1000))

    def broken(self: UNet2DConditionModel, x: torch.Tensor, *args: Any, **options: Any) -> Any:
        return breaks(x) if next(calls) == at_call else forward(self, x, *args, **options)

    monkeypatch.setattr(UNet2DConditionModel, "forward", broken)


def steps(events: Iterator[Any]) -> Iterator[Stepped]:
    return (event for event in events if isinstance(event, Stepped))


def kinds(events: list[Any]) -> list[type]:
    """Returns the events' types, without what is only done the first time."""
    return [type(event) for event in events if not isinstance(event, Loading)]


def last_before_the_error(engine: Engine, error: type[Exception]) -> list[int]:
    """Returns the calls that were told before the run ended with this error."""
    told: list[int] = []
    with pytest.raises(error):
        for stepped in steps(engine.run(Generate(REQUEST, PreviewMode.linear))):
            told.append(stepped.frame.call)
    return told


@pytest.mark.parametrize("is_late", [True, False])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_films_attention_and_pictures_are_the_same(engine: Engine, sampler: str, is_late: bool) -> None:
    for changes in ({}, {"guidance_scale": 1.0}, {"prompt": "a [red:blue:2] house"}):
        request = replace(REQUEST, sampler=sampler, **changes)
        operation = Generate(request, PreviewMode.linear, attention=True)
        expected = list(engine.run(operation))
        with late_gpu(is_late=is_late) as gpu:
            events = list(engine.run(operation))
        assert kinds(events) == kinds(expected)
        whole, other = ready(events), ready(expected)
        assert gpu.copies == len(whole.film.frames)
        assert_same_frames(whole.film, other.film)
        np.testing.assert_array_equal(whole.image.pixels, other.image.pixels)
        for stepped, twin in zip(steps(iter(events)), steps(iter(expected)), strict=True):
            assert stepped.attention is not None
            assert twin.attention is not None
            np.testing.assert_array_equal(stepped.attention.summed, twin.attention.summed)
            np.testing.assert_array_equal(stepped.preview.pixels, twin.preview.pixels)


def test_a_step_is_told_when_the_next_one_has_been_launched(engine: Engine, launched: list[None]) -> None:
    with late_gpu():
        told = [len(launched) for _ in steps(engine.run(Generate(REQUEST, PreviewMode.linear)))]
    assert told == [2, 3, 4, 5, 5]


def test_decoded_previews_are_not_looked_ahead_of(engine: Engine, launched: list[None]) -> None:
    with late_gpu():
        stepped = list(steps(engine.run(Generate(REQUEST, PreviewMode.every_step))))
        assert all(step.preview.is_decoded for step in stepped)
        launched.clear()
        told = [len(launched) for _ in steps(engine.run(Generate(REQUEST, PreviewMode.every_step)))]
    assert told == [1, 2, 3, 4, 5]


def test_stop_drops_the_call_ahead_and_the_run_goes_on_to_the_same_picture(engine: Engine) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    with late_gpu():
        for calls in (1, 3):
            events = engine.run(Generate(REQUEST, PreviewMode.linear))
            film = [next(steps(events)).film for _ in range(calls)][-1]
            events.close()
            assert len(film.frames) == calls
            resumed = ready(list(engine.run(GenerateBranch(Branch(film, calls, film.request)))))
            assert_same_frames(resumed.film, whole.film)
            np.testing.assert_array_equal(resumed.image.pixels, whole.image.pixels)


def test_a_run_that_is_taken_up_while_its_words_are_watched_goes_on_to_the_same_picture(engine: Engine) -> None:
    whole = ready(list(engine.run(Generate(REQUEST))))
    with late_gpu():
        branch = Branch(whole.film, 2, whole.film.request)
        events = list(engine.run(GenerateBranch(branch, PreviewMode.linear, attention=True)))
    assert_same_frames(ready(events).film, whole.film)
    assert [stepped.attention is not None for stepped in steps(iter(events))] == [True] * 3


def test_frames_that_are_taken_over_are_there_at_the_start(engine: Engine) -> None:
    film: Film = ready(list(engine.run(Generate(REQUEST)))).film
    with late_gpu():
        (started,) = [
            event
            for event in engine.run(GenerateBranch(Branch(film, 3, film.request)))
            if isinstance(event, Started)
        ]
    assert len(started.film.frames) == 3


def test_values_that_are_not_numbers_are_told_after_the_calls_before_them(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, 2, lambda x: (torch.full_like(x, float("nan")),))
    with late_gpu():
        assert last_before_the_error(engine, NotANumberPicture) == [0, 1]


def test_a_call_that_fails_takes_none_of_those_before_it_along(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: torch.Tensor) -> None:
        raise RuntimeError("the driver has gone")

    breaking(monkeypatch, 3, fail)
    with late_gpu():
        assert last_before_the_error(engine, RuntimeError) == [0, 1, 2]


def test_the_time_of_all_calls_is_that_of_the_run(engine: Engine) -> None:
    with late_gpu():
        events = list(engine.run(Generate(REQUEST, PreviewMode.linear)))
    seconds = sum(stepped.seconds for stepped in steps(iter(events)))
    (image,) = [event.image for event in events if isinstance(event, ImageReady)]
    assert 0 < seconds <= image.recipe.seconds
