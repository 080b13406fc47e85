"""Runs that begin with a picture give the same latents as diffusers' own image-to-image pipeline, bit for bit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import StableDiffusionImg2ImgPipeline
from PIL import Image

from core.engine import families
from core.engine.devices.device import plan
from core.engine.initial_state import from_request
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import denoise
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size, Source
from core.request.samplers import SAMPLERS
from tests import tiny
from tests.parity import stock_pipeline

CPU = torch.device("cpu")
SIZE = Size(32, 24)
LIKE_THE_PIPELINE = [sampler for sampler in SAMPLERS if sampler != "pndm"]


@pytest.fixture(scope="module", params=["epsilon", "v_prediction"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("model"), prediction_type=request.param)


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return stock_pipeline(StableDiffusionImg2ImgPipeline, folder)


@pytest.fixture(scope="module")
def family(folder: Path) -> families.Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE.height, SIZE.width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def asked(photo: Path, sampler: str, guidance_scale: float = 5.0, strength: float = 0.7) -> GenerationRequest:
    source = Source(str(photo), strength)
    return GenerationRequest(
        "a red house",
        negative_prompt="fog",
        model="",
        size=SIZE,
        sampler=sampler,
        steps=6,
        guidance_scale=guidance_scale,
        seed=7,
        source=source,
    )


@torch.inference_mode()
def our_latents(family: families.Family, request: GenerationRequest) -> torch.Tensor:
    start = from_request(family, request, CPU)
    predict = family.read_prompt(request, 1)
    steps = denoise(predict, start.sampling, start.x, start.generators, request.guidance_scale)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def stock_latents(pipe: Any, checkpoint: Any, request: GenerationRequest) -> torch.Tensor:
    assert request.source is not None
    with Image.open(request.source.path) as opened:
        pixels = torch.from_numpy(np.asarray(opened, np.float32) / 255.0)
    pipe.scheduler = schedulers.build(request.sampler, checkpoint, request.steps).scheduler
    return pipe(
        request.prompt,
        image=pixels.permute(2, 0, 1)[None].contiguous(),
        strength=request.source.strength,
        negative_prompt=request.negative_prompt,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        generator=[torch.Generator("cpu").manual_seed(request.seed or 0)],
        output_type="latent",
    ).images


@pytest.mark.parametrize("strength", [0.2, 0.7, 1.0])
@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
@pytest.mark.parametrize("sampler", LIKE_THE_PIPELINE)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str,
    guidance_scale: float,
    strength: float,
    pipeline: Any,
    family: families.Family,
    photo: Path,
) -> None:
    request = asked(photo, sampler, guidance_scale, strength)
    ours = our_latents(family, request)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock_latents(pipeline, family.model.schedule_for(), request))


@pytest.mark.parametrize("folder", ["v_prediction"], indirect=True)
@pytest.mark.parametrize("strength", [0.05, 0.7, 1.0])
@pytest.mark.parametrize("steps", [21, 30])
@pytest.mark.parametrize("sampler", ["dpmpp_2m_karras", "dpmpp_2m_sde_karras"])
def test_latents_equal_those_of_the_stock_pipeline_with_equal_timesteps(
    sampler: str,
    steps: int,
    strength: float,
    pipeline: Any,
    family: families.Family,
    photo: Path,
) -> None:
    request = replace(asked(photo, sampler, strength=strength), steps=steps)
    ours = our_latents(family, request)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock_latents(pipeline, family.model.schedule_for(), request))


def test_plms_equals_the_stock_pipeline_once_that_makes_its_second_call_twice(
    pipeline: Any, family: families.Family, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stock pipeline cuts the repetition off and leaves the noise of one step in the picture."""
    request = asked(photo, "pndm")
    start = from_request(family, request, CPU)
    assert start.sampling.schedule.steps == (2, 2, 3, 4, 5)

    def all_timesteps(_steps: int, _strength: float, _device: torch.device) -> tuple[torch.Tensor, int]:
        return start.sampling.timesteps, 4

    monkeypatch.setattr(pipeline, "get_timesteps", all_timesteps)
    ours = our_latents(family, request)
    assert torch.equal(ours, stock_latents(pipeline, family.model.schedule_for(), request))


def test_the_seed_changes_the_start_and_the_recipe_gets_the_hash(family: families.Family, photo: Path) -> None:
    one = from_request(family, asked(photo, "ddim"), CPU)
    other = from_request(family, replace(asked(photo, "ddim"), seed=8), CPU)
    assert not torch.equal(one.x, other.x)
    source = one.film.request.source
    assert source is not None
    assert source.sha256 == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert one.film.skipped_steps == 2
