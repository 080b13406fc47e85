"""Our loop and diffusers' StableDiffusionXLPipeline give the same latents, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from core.request.samplers import SAMPLERS
from tests import tiny
from tests.parity import our_latents, stock_latents, stock_pipeline

SIZE = Size(32, 24)


def stock(folder: Path) -> Any:
    return stock_pipeline(StableDiffusionXLPipeline, folder, add_watermarker=False)


@pytest.fixture(scope="module", params=["epsilon", "v_prediction"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion_xl(tmp_path_factory.mktemp("model"), prediction_type=request.param)


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return stock(folder)


@pytest.fixture(scope="module")
def family(folder: Path) -> Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, pipeline: Any, family: Family
) -> None:
    request = GenerationRequest(
        "a red house",
        negative_prompt="fog",
        size=SIZE,
        sampler=sampler,
        steps=6,
        guidance_scale=guidance_scale,
        seed=7,
    )
    ours = our_latents(family, request, batch)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock_latents(pipeline, family.model.schedule_for(), request, batch))


@pytest.mark.parametrize("zeros", [True, False])
def test_an_empty_negative_prompt_is_zeros_or_the_empty_text_as_the_checkpoint_says(
    zeros: bool, tmp_path: Path
) -> None:
    folder = tiny.stable_diffusion_xl(tmp_path, zeros=zeros)
    family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
    request = GenerationRequest("a house", size=SIZE, sampler="ddim", steps=4, guidance_scale=7.0, seed=1)
    latents = our_latents(family, request, 1)
    assert torch.equal(latents, stock_latents(stock(folder), family.model.schedule_for(), request, 1))
    assert family.knows_prompt(request)


def test_the_prompts_are_encoded_once(family: Family) -> None:
    request = GenerationRequest("something new", negative_prompt="fog", size=SIZE, guidance_scale=5.0)
    assert not family.knows_prompt(request)
    family.read_prompt(request, 1)
    assert family.knows_prompt(request)
    assert not family.knows_prompt(
        GenerationRequest("something new", negative_prompt="rain", size=SIZE, guidance_scale=5.0)
    )


def test_an_autoencoder_that_overflows_in_float16_stays_in_float32(folder: Path) -> None:
    half = replace(plan("cpu", "float32"), dtype=torch.float16)
    family = families.load(read_model(folder, "tiny"), half)
    assert family.network().dtype == torch.float16
    assert family.autoencoder().dtype == torch.float32
    assert torch.isfinite(family.decode(torch.randn(1, 4, 3, 4))).all()
