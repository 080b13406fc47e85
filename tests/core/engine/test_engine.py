"""The engine's stream of events, and what it promises about seeds, stopping and memory."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from transformers import CLIPTextModel

from core.engine.engine import Engine
from core.engine.weights.single_file import WeightFile
from core.errors import InvalidRequest, ModelMissing, NotANumberPicture, OutOfMemory
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, ImageReady, Loading, Phase, PreviewMode, Started, Stepped
from core.runs.operations import Decode, Generate, RenderFrame, result_of

REQUEST = GenerationRequest(
    "a red house",
    negative_prompt="fog",
    model="tiny",
    size=Size(32, 24),
    sampler="euler_a",
    steps=3,
    guidance_scale=4.0,
    seed=5,
)


def picture(events: list[Event]) -> ImageReady:
    (ready,) = [event for event in events if isinstance(event, ImageReady)]
    return ready


def test_a_run_is_told_in_order(engine: Engine) -> None:
    events = list(engine.run(Generate(REQUEST)))
    assert events[:2] == [Loading(Phase.loading_model), Loading(Phase.reading_prompt)]
    assert [type(event) for event in events[2:]] == [Started, Stepped, Stepped, Stepped, Loading, ImageReady]
    ready = picture(events)
    assert ready.image.pixels.shape == (24, 32, 3)
    assert ready.image.request == REQUEST
    assert ready.film.is_complete


def test_frames_obey_the_guidance_identity(engine: Engine) -> None:
    for frame in picture(list(engine.run(Generate(REQUEST)))).film.frames:
        assert frame.cond is not None
        assert frame.uncond is not None
        assert np.allclose(frame.guided, frame.uncond + 4.0 * (frame.cond - frame.uncond), atol=1e-5)


def test_without_guidance_there_is_one_prediction_only(engine: Engine) -> None:
    frame = picture(list(engine.run(Generate(replace(REQUEST, guidance_scale=1.0))))).film.frames[0]
    assert frame.cond is None
    assert frame.uncond is None


def test_the_last_denoised_latent_is_the_picture_for_a_sampler_that_ends_at_zero_noise(engine: Engine) -> None:
    ready = picture(list(engine.run(Generate(replace(REQUEST, sampler="euler")))))
    kept = picture(list(engine.run(RenderFrame(ready.film, ready.film.frames[-1], "denoised")))).image
    assert np.abs(kept.pixels.astype(int) - ready.image.pixels).max() <= 1
    assert (kept.recipe.stage, kept.recipe.step) == ("denoised", 3)


def test_the_noisy_latent_can_be_kept_in_the_networks_own_scale(engine: Engine) -> None:
    film = picture(list(engine.run(Generate(replace(REQUEST, sampler="euler", steps=8))))).film
    first = film.frames[0]
    assert film.space == "ve"
    assert first.sigma > 2
    kept = picture(list(engine.run(RenderFrame(film, first, "noisy")))).image
    scaled = first.noisy / np.sqrt(first.sigma**2 + 1)
    assert np.array_equal(kept.pixels, result_of(engine, Decode(film, scaled.astype(np.float32))))


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(engine: Engine) -> None:
    first, again = (picture(list(engine.run(Generate(REQUEST)))).image.pixels for _ in range(2))
    other = picture(list(engine.run(Generate(replace(REQUEST, seed=6))))).image.pixels
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pictures_of_one_request_equal_those_made_one_by_one(engine: Engine) -> None:
    events = list(engine.run(Generate(replace(REQUEST, count=2))))
    both = [event.image for event in events if isinstance(event, ImageReady)]
    assert [image.request.seed for image in both] == [5, 6]
    assert both[0].recipe.batch == both[1].recipe.batch != ""
    single = picture(list(engine.run(Generate(replace(REQUEST, seed=6))))).image
    assert single.recipe.batch == ""
    assert np.array_equal(both[1].pixels, single.pixels)


def test_the_largest_seed_counts_on_from_zero(engine: Engine) -> None:
    events = list(engine.run(Generate(replace(REQUEST, seed=2**64 - 1, count=2))))
    assert [event.image.request.seed for event in events if isinstance(event, ImageReady)] == [2**64 - 1, 0]


def test_without_a_seed_one_is_chosen_and_reported(engine: Engine) -> None:
    seeds = {picture(list(engine.run(Generate(replace(REQUEST, seed=None))))).image.request.seed for _ in range(3)}
    assert None not in seeds
    assert len(seeds) == 3


def test_a_prompt_is_encoded_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    forward = CLIPTextModel.forward

    def counting(self: CLIPTextModel, *args: object, **options: object) -> object:
        calls.append(args)
        return forward(self, *args, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(CLIPTextModel, "forward", counting)
    list(engine.run(Generate(REQUEST)))
    assert len(calls) == 2  # prompt and negative prompt
    events = list(engine.run(Generate(replace(REQUEST, seed=6, sampler="ddim"))))
    assert len(calls) == 2
    assert Loading(Phase.reading_prompt) not in events


def test_another_model_takes_the_place_of_the_first(engine: Engine) -> None:
    first = picture(list(engine.run(Generate(REQUEST)))).image
    other = picture(list(engine.run(Generate(replace(REQUEST, model="tiny-v"))))).image
    assert other.recipe.model.key == "tiny-v"
    assert other.recipe.model.hash != first.recipe.model.hash
    assert Loading(Phase.loading_model) in list(engine.run(Generate(REQUEST)))


def test_previews_are_linear_or_decoded_as_asked(engine: Engine) -> None:
    for mode, is_decoded, shape in (
        (PreviewMode.linear, False, (6, 8, 3)),
        (PreviewMode.every_step, True, (24, 32, 3)),
    ):
        previews = [event.preview for event in engine.run(Generate(REQUEST, mode)) if isinstance(event, Stepped)]
        assert [preview.is_decoded for preview in previews] == [is_decoded] * 3
        assert {preview.pixels.shape for preview in previews} == {shape}


@pytest.mark.parametrize("model", ["no-such-model", ""])
def test_a_missing_model_is_named(engine: Engine, model: str) -> None:
    with pytest.raises(ModelMissing) as caught:
        next(engine.run(Generate(replace(REQUEST, model=model))))
    assert "tiny" in caught.value.known


def test_bad_settings_are_refused_before_anything_is_loaded(engine: Engine) -> None:
    with pytest.raises(InvalidRequest):
        next(engine.run(Generate(replace(REQUEST, steps=0))))


def test_stopping_anywhere_leaves_no_trace(engine: Engine) -> None:
    expected = picture(list(engine.run(Generate(REQUEST)))).image.pixels
    for stop_after in range(1, 7):
        run = engine.run(Generate(replace(REQUEST, seed=9)))
        for _ in range(stop_after):
            next(run)
        run.close()
        assert np.array_equal(picture(list(engine.run(Generate(REQUEST)))).image.pixels, expected)


def test_200_rounds_of_generate_and_stop_grow_neither_threads_nor_memory(engine: Engine) -> None:
    def rounds(count: int) -> None:
        for number in range(count):
            run = engine.run(Generate(replace(REQUEST, seed=number)))
            for _ in range(1 + number % 5):
                next(run)
            run.close()
        gc.collect()

    process = psutil.Process()
    rounds(40)
    threads, memory = threading.active_count(), process.memory_info().rss
    rounds(200)
    assert threading.active_count() == threads
    assert process.memory_info().rss - memory < 8 * 2**20


def test_closing_frees_the_model(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[weakref.ref[AutoencoderKL]] = []
    build = WeightFile.build

    def remembering(source: WeightFile, *arguments: Any, **named: Any) -> tuple[Any, set[str]]:
        part, used = build(source, *arguments, **named)
        if isinstance(part, AutoencoderKL):
            loaded.append(weakref.ref(part))
        return part, used

    monkeypatch.setattr(WeightFile, "build", remembering)
    list(engine.run(Generate(REQUEST)))
    (autoencoder,) = loaded
    assert autoencoder() is not None
    engine.close()
    assert autoencoder() is None


def test_bfloat16_runs_record_bfloat16(models: Path) -> None:
    engine = Engine(Catalogue((models,)), device="cpu", dtype="bfloat16")
    ready = picture(list(engine.run(Generate(REQUEST))))
    assert ready.image.recipe.dtype == "bfloat16"
    assert str(ready.film.frames[0].guided.dtype) == "bfloat16"
    assert result_of(engine, Decode(ready.film, ready.film.frames[-1].denoised)).shape == (24, 32, 3)


def test_a_run_out_of_memory_says_where(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    list(engine.run(Generate(REQUEST)))

    def fail(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("diffusers.models.unets.unet_2d_condition.UNet2DConditionModel.forward", fail)
    with pytest.raises(OutOfMemory) as caught:
        list(engine.run(Generate(REQUEST)))
    assert caught.value.device == "cpu"


def test_a_network_that_predicts_nan_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object, x: torch.Tensor, *__: object, **___: object) -> tuple[torch.Tensor]:
        return (torch.full_like(x, float("nan")),)

    monkeypatch.setattr("diffusers.models.unets.unet_2d_condition.UNet2DConditionModel.forward", broken)
    with pytest.raises(NotANumberPicture):
        list(engine.run(Generate(REQUEST)))
