"""Our loop and diffusers' ChromaPipeline give the same latents, bit for bit, with guidance and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.chroma import pipeline_chroma, pipeline_chroma_img2img
from diffusers.pipelines.chroma.pipeline_chroma import ChromaPipeline
from diffusers.pipelines.chroma.pipeline_chroma_img2img import ChromaImg2ImgPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.joined_places import tokens_in
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from core.request.samplers import FLOW_SAMPLERS
from tests import tiny_flows
from tests.parity import our_latents, stock_pipeline
from tests.parity_flows import assert_same_from_a_picture, assert_same_picture, stock_flow_latents

SIZE = Size(32, 48)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=3.5, seed=7
)
ASKED: dict[str, Any] = {"guidance_scale": REQUEST.guidance_scale, "negative_prompt": REQUEST.negative_prompt}


class Both:
    """A tiny model, loaded by us and by diffusers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.family: Family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
        self.pipe: Any = stock_pipeline(ChromaPipeline, folder)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tiny_flows.chroma(tmp_path_factory.mktemp("model")))


@pytest.mark.parametrize(("guidance_scale", "batch"), [(1.0, 1), (3.5, 2)])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    ours = our_latents(both.family, request, batch)
    assert torch.isfinite(ours).all()
    stock = stock_flow_latents(
        both.pipe,
        pipeline_chroma,
        both.family,
        request,
        monkeypatch,
        batch,
        guidance_scale=guidance_scale,
        negative_prompt=request.negative_prompt,
    )
    assert torch.equal(tokens_in(ours), stock)


def test_the_picture_equals_that_of_the_stock_pipeline(both: Both) -> None:
    assert_same_picture(both.folder, both.family, both.pipe, REQUEST, **ASKED)


def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = stock_pipeline(ChromaImg2ImgPipeline, both.folder)
    assert_same_from_a_picture(
        pipe, pipeline_chroma_img2img, both.family, REQUEST, tmp_path, monkeypatch, tokens_in, **ASKED
    )
