"""Our loop and diffusers' own pipeline give the same latents, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from core.request.samplers import SAMPLERS
from tests import tiny
from tests.parity import our_latents, stock_latents, stock_pipeline

SIZE = Size(32, 24)


@pytest.fixture(scope="module", params=["epsilon", "v_prediction"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("model"), prediction_type=request.param)


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return stock_pipeline(StableDiffusionPipeline, folder)


@pytest.fixture(scope="module")
def family(folder: Path) -> families.Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, pipeline: Any, family: families.Family
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


@pytest.mark.parametrize("folder", ["v_prediction"], indirect=True)
@pytest.mark.parametrize("steps", [21, 30])
@pytest.mark.parametrize("sampler", ["dpmpp_2m_karras", "dpmpp_2m_sde_karras"])
def test_latents_equal_those_of_a_pipeline_that_begins_at_the_first_of_equal_timesteps(
    sampler: str, steps: int, pipeline: Any, family: families.Family
) -> None:
    request = GenerationRequest(
        "a red house", negative_prompt="fog", size=SIZE, sampler=sampler, steps=steps, seed=7
    )
    with pytest.raises(IndexError):
        stock_latents(pipeline, family.model.schedule_for(), request, 1)
    ours = our_latents(family, request, 1)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock_latents(pipeline, family.model.schedule_for(), request, 1, begin=0))


def test_a_guidance_distilled_network_takes_the_scale_as_an_input(tmp_path: Path) -> None:
    folder = tiny.stable_diffusion(tmp_path, time_cond_proj_dim=8)
    family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
    pipe = stock_pipeline(StableDiffusionPipeline, folder)
    results: list[torch.Tensor] = []
    for scale in (3.0, 9.0):
        request = GenerationRequest("a house", size=SIZE, sampler="lcm", steps=4, guidance_scale=scale, seed=1)
        results.append(our_latents(family, request, 1))
        assert torch.equal(results[-1], stock_latents(pipe, family.model.schedule_for(), request, 1))
    assert not torch.equal(*results)
