"""Our loop and diffusers' QwenImagePipeline give the same latents, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage, pipeline_qwenimage_img2img
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_img2img import QwenImageImg2ImgPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.joined_places import tokens_in
from core.families.qwen_image import SPEC
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from tests import tiny_qwen
from tests.parity import our_latents, stock_pipeline
from tests.parity_flows import assert_same_from_a_picture, assert_same_picture, stock_flow_latents

SIZE = Size(16, 24)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=4.0, seed=7
)
ASKED: dict[str, Any] = {"true_cfg_scale": REQUEST.guidance_scale, "negative_prompt": REQUEST.negative_prompt}


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
    assert_same_picture(folder, family, pipe, REQUEST, **ASKED)


def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    folder: Path, family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = stock_pipeline(QwenImageImg2ImgPipeline, folder)
    assert_same_from_a_picture(
        pipe, pipeline_qwenimage_img2img, family, REQUEST, tmp_path, monkeypatch, tokens_in, **ASKED
    )
