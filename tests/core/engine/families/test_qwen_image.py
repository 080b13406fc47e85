"""Our loop and diffusers' QwenImagePipeline give the same latents, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage, pipeline_qwenimage_img2img
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_img2img import QwenImageImg2ImgPipeline
from PIL import Image

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.joined_places import tokens_in
from core.engine.sampling import schedulers
from core.families.qwen_image import SPEC
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size, Source
from tests import tiny_qwen
from tests.parity import our_latents, stock_pipeline
from tests.parity_flows import always, our_latents_from_a_picture, stock_flow_latents, unit_range

SIZE = Size(16, 24)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=4.0, seed=7
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_qwen.qwen_image(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def family(folder: Path) -> Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.fixture(scope="module")
def pipe(folder: Path) -> Any:
    return stock_pipeline(QwenImagePipeline, folder)


@pytest.mark.parametrize(("guidance_scale", "batch"), [(1.0, 1), (4.0, 1), (4.0, 2)])
@pytest.mark.parametrize("sampler", SPEC.samplers)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, family: Family, pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    ours = our_latents(family, request, batch)
    assert torch.isfinite(ours).all()
    stock = stock_flow_latents(
        pipe,
        pipeline_qwenimage,
        family,
        request,
        monkeypatch,
        batch,
        true_cfg_scale=guidance_scale,
        negative_prompt=request.negative_prompt,
    )
    assert torch.equal(tokens_in(ours), stock)


def test_the_picture_equals_that_of_the_stock_pipeline(folder: Path, family: Family, pipe: Any) -> None:
    pipe.scheduler = type(pipe.scheduler).from_pretrained(folder / "scheduler")
    stock = pipe(
        prompt=REQUEST.prompt,
        negative_prompt=REQUEST.negative_prompt,
        true_cfg_scale=REQUEST.guidance_scale,
        width=SIZE.width,
        height=SIZE.height,
        num_inference_steps=REQUEST.steps,
        generator=torch.Generator("cpu").manual_seed(7),
        output_type="pt",
    ).images
    ours = family.decode(our_latents(family, REQUEST, 1))
    assert torch.equal((ours * 0.5 + 0.5).clamp(0, 1), stock)


def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    folder: Path, family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE.height, SIZE.width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    request = replace(REQUEST, source=Source(str(tmp_path / "photo.png"), 0.6))
    ours = our_latents_from_a_picture(family, request)
    pipe: Any = stock_pipeline(QwenImageImg2ImgPipeline, folder)
    kept = schedulers.build("euler", family.scheduler_config_for(request), request.steps, 2).timesteps
    monkeypatch.setattr(pipe, "get_timesteps", always((kept, len(kept))))
    stock = stock_flow_latents(
        pipe,
        pipeline_qwenimage_img2img,
        family,
        request,
        monkeypatch,
        skipped_steps=2,
        image=unit_range(pixels),
        strength=0.6,
        true_cfg_scale=request.guidance_scale,
        negative_prompt=request.negative_prompt,
    )
    assert torch.equal(tokens_in(ours), stock)
