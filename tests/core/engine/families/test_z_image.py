"""Our loop and diffusers' ZImagePipeline give the same latents, bit for bit; films work with a flow, too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.z_image import pipeline_z_image
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline
from diffusers.pipelines.z_image.pipeline_z_image_img2img import ZImageImg2ImgPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from PIL import Image

from core.engine import families
from core.engine.devices.device import plan
from core.engine.engine import Engine
from core.engine.families import Family
from core.engine.initial_state import from_request
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import denoise
from core.errors import InvalidRequest
from core.film.writer import FilmWriter
from core.film_export.pictures import PICTURES, denoised_by
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size, Source
from core.request.samplers import FLOW_SAMPLERS
from core.runs.branch import Branch
from core.runs.events import ImageReady, Stepped
from core.runs.operations import EncodePicture, Generate, GenerateBranch, OpenFilm, PredictOnce, result_of
from tests import tiny
from tests.parity import CPU, our_latents, stock_pipeline

SIZE = Size(32, 48)
LARGER = Size(256, 256)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.z_image(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def family(folder: Path) -> Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return stock_pipeline(ZImagePipeline, folder)


def asked(sampler: str, guidance_scale: float = 4.0, steps: int = 6) -> GenerationRequest:
    return GenerationRequest(
        "a red house",
        negative_prompt="fog",
        model="",
        size=SIZE,
        sampler=sampler,
        steps=steps,
        guidance_scale=guidance_scale,
        seed=7,
    )


def with_our_timesteps(pipe: Any, sampling: schedulers.SamplerRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stock pipeline asks for noise levels of its own, which only some schedulers take."""

    def timesteps(*_arguments: Any, **_options: Any) -> tuple[torch.Tensor, int]:
        return sampling.timesteps, len(sampling.timesteps)

    pipe.scheduler = sampling.scheduler
    monkeypatch.setattr(pipeline_z_image, "retrieve_timesteps", timesteps)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str,
    guidance_scale: float,
    batch: int,
    pipeline: Any,
    family: Family,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = asked(sampler, guidance_scale)
    ours = our_latents(family, request, batch)
    assert torch.isfinite(ours).all()
    sampling = schedulers.build(sampler, family.model.schedule_for(), request.steps)
    pipeline.scheduler = sampling.scheduler
    if sampler != "euler":
        with_our_timesteps(pipeline, sampling, monkeypatch)
    generators = [torch.Generator("cpu").manual_seed(7 + i) for i in range(batch)]
    if sampling.takes_generator:  # the stock pipeline forgets to hand it on
        step = sampling.scheduler.step

        def with_generator(*arguments: Any, **options: Any) -> Any:
            return step(*arguments, generator=generators, **options)

        monkeypatch.setattr(sampling.scheduler, "step", with_generator)
    stock = pipeline(
        request.prompt,
        negative_prompt=request.negative_prompt,
        width=SIZE.width,
        height=SIZE.height,
        num_inference_steps=request.steps,
        guidance_scale=guidance_scale - 1,  # c + g' (c - u)
        num_images_per_prompt=batch,
        generator=generators,
        output_type="latent",
    ).images
    assert torch.equal(ours, stock)


@pytest.mark.parametrize("size", [SIZE, Size(48, 64)])
def test_a_schedule_that_depends_on_the_size_equals_the_stock_one(size: Size, tmp_path: Path) -> None:
    folder = tiny.z_image(tmp_path / "model")
    FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True).save_pretrained(folder / "scheduler")
    pipe: Any = stock_pipeline(ZImagePipeline, folder)
    request = replace(asked("euler", 1.0), size=size)
    stock = pipe(
        request.prompt,
        width=size.width,
        height=size.height,
        num_inference_steps=request.steps,
        sigmas=torch.linspace(1.0, 1 / 6, 6).tolist(),
        guidance_scale=0.0,
        generator=[torch.Generator("cpu").manual_seed(7)],
        output_type="latent",
    ).images
    family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
    assert torch.equal(our_latents(family, request, 1), stock)
    larger = replace(request, size=Size(256, 256))
    assert family.scheduler_config_for(request) != family.scheduler_config_for(larger)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    strength: float, folder: Path, family: Family, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE.height, SIZE.width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    request = replace(asked("euler"), source=Source(str(tmp_path / "photo.png"), strength))
    with torch.inference_mode():
        start = from_request(family, request, CPU)
        predict = family.read_prompt(request, 1)
        steps = denoise(predict, start.sampling, start.x, start.generators, request.guidance_scale)
        try:
            while True:
                next(steps)
        except StopIteration as end:
            ours = end.value
    pipe: Any = stock_pipeline(ZImageImg2ImgPipeline, folder)
    sampling = schedulers.build("euler", family.model.schedule_for(), request.steps)
    stock = pipe(
        request.prompt,
        image=torch.from_numpy(pixels.astype(np.float32) / 255.0).permute(2, 0, 1)[None].contiguous(),
        strength=strength,
        negative_prompt=request.negative_prompt,
        width=SIZE.width,
        height=SIZE.height,
        num_inference_steps=request.steps,
        sigmas=torch.linspace(1.0, 1 / 6, 6).tolist(),
        guidance_scale=request.guidance_scale - 1,
        generator=[torch.Generator("cpu").manual_seed(7)],
        output_type="latent",
    ).images
    assert sampling.space == "flow"
    assert torch.equal(ours, stock)


@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_film_branch_and_noise_levels_work_with_every_sampler(sampler: str, folder: Path, tmp_path: Path) -> None:
    engine = Engine(Catalogue((folder.parent,)), "cpu", "float32")
    request = replace(asked(sampler), model=folder.name, size=LARGER)
    events = list(engine.run(Generate(request, attention=True)))
    ready = events[-1]
    assert isinstance(ready, ImageReady)
    assert all(event.attention is None for event in events if isinstance(event, Stepped))
    film = ready.film
    assert film.space == "flow"
    sigmas = film.schedule.sigmas
    assert (np.diff(sigmas[np.isfinite(sigmas)]) <= 0).all()
    for frame in film.frames:
        for picture in PICTURES.values():
            assert picture(film, frame).shape[-1] == 3
        # x0 from the guided prediction is the one the loop recorded
        assert np.allclose(denoised_by(film, frame, frame.guided), frame.denoised, atol=1e-4)
    again = list(engine.run(GenerateBranch(Branch(film, 3, film.request))))[-1]
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, ready.image.pixels)
    path = tmp_path / "a.film.safetensors"
    with FilmWriter(path, film) as writer:
        for frame in film.frames:
            writer.write(frame)
        path = writer.finish() or path
    replayed = result_of(engine, OpenFilm(path)).film
    for frame, rebuilt in zip(film.frames, replayed.frames, strict=True):
        assert np.array_equal(frame.noisy, rebuilt.noisy)
        assert np.array_equal(frame.denoised, rebuilt.denoised)
    other = "unipc" if sampler == "euler" else "euler"
    branch = Branch(film, 2, replace(film.request, sampler=other))
    ended = list(engine.run(GenerateBranch(branch)))[-1]
    assert isinstance(ended, ImageReady)
    assert np.isfinite(ended.film.frames[-1].denoised).all()


def test_samplers_that_do_not_fit_are_refused(folder: Path) -> None:
    engine = Engine(Catalogue((folder.parent,)), "cpu", "float32")
    with pytest.raises(InvalidRequest, match="euler"):
        next(engine.run(Generate(replace(asked("ddim"), model=folder.name, size=LARGER))))
    with pytest.raises(InvalidRequest, match="multiple of 8"):
        next(engine.run(Generate(replace(asked("euler"), model=folder.name, size=Size(260, 256)))))


def test_a_picture_goes_forward_to_noise_and_is_seen_once(folder: Path, tmp_path: Path) -> None:
    Image.effect_noise((SIZE.width, SIZE.height), 60).convert("RGB").save(tmp_path / "photo.png")
    engine = Engine(Catalogue((folder.parent,)), "cpu", "float32")
    request = replace(asked("euler"), model=folder.name, size=LARGER)
    request = replace(request, source=Source(str(tmp_path / "photo.png"), 0.5))
    trip = result_of(engine, EncodePicture(request)).trip
    assert len(trip.alphas_cumprod) == 1000
    assert trip.alphas_cumprod[499] == pytest.approx(0.5)
    assert trip.alphas_cumprod[999] == 0
    noise = np.random.default_rng(1).standard_normal(trip.latent.shape).astype(np.float32)
    for t in (10, 500, 999):
        step = result_of(engine, PredictOnce(replace(request, source=None), trip, trip.noised(t, noise), t))
        assert np.isfinite(step.latent).all()
