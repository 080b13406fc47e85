"""Our loop and diffusers' FluxPipeline give the same latents, bit for bit, with and without embedded guidance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.flux import pipeline_flux, pipeline_flux_img2img
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.pipelines.flux.pipeline_flux_img2img import FluxImg2ImgPipeline

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.joined_places import tokens_in
from core.models.reading import read_model
from core.prompt.tokens import TokenCounter
from core.request.request import GenerationRequest, Size
from core.request.samplers import FLOW_SAMPLERS
from tests import tiny_flows
from tests.parity import our_latents, stock_pipeline
from tests.parity_flows import assert_same_from_a_picture, assert_same_picture, stock_flow_latents

SIZE = Size(32, 48)
REQUEST = GenerationRequest(
    "a red house", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=3.5, seed=7
)
ASKED: dict[str, Any] = {"guidance_scale": REQUEST.guidance_scale}


class Both:
    """A tiny model, loaded by us and by diffusers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.family: Family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
        self.pipe: Any = stock_pipeline(FluxPipeline, folder)


@pytest.fixture(scope="module", params=[True, False], ids=["dev", "schnell"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tiny_flows.flux1(tmp_path_factory.mktemp("model"), is_guided=request.param))


@pytest.mark.parametrize(("guidance_scale", "batch"), [(1.0, 1), (3.5, 2)])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    ours = our_latents(both.family, request, batch)
    assert torch.isfinite(ours).all()
    stock = stock_flow_latents(
        both.pipe, pipeline_flux, both.family, request, monkeypatch, batch, guidance_scale=guidance_scale
    )
    assert torch.equal(tokens_in(ours), stock)


def test_the_picture_equals_that_of_the_stock_pipeline(both: Both) -> None:
    assert_same_picture(both.folder, both.family, both.pipe, REQUEST, **ASKED)


def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = stock_pipeline(FluxImg2ImgPipeline, both.folder)
    assert_same_from_a_picture(
        pipe, pipeline_flux_img2img, both.family, REQUEST, tmp_path, monkeypatch, tokens_in, **ASKED
    )


def test_guidance_and_settings_are_those_of_the_variant(tmp_path: Path) -> None:
    for is_guided, guidance, steps in ((True, "embedded", 28), (False, "none", 4)):
        model = read_model(tiny_flows.flux1(tmp_path / guidance, is_guided=is_guided), "tiny")
        assert (model.capabilities.guidance, model.defaults.steps) == (guidance, steps)


def test_words_are_counted_as_t5_reads_them(both: Both) -> None:
    counter = TokenCounter.for_model(both.family.model)
    for text in ("a red house", "don't", "", "a" * 600):
        ids = both.pipe.tokenizer_2(text, truncation=True, max_length=512).input_ids
        count = counter.count(text)
        assert min(count.tokens, 511) == len(ids) - 1
        assert count.is_cut == (len(text) > 512)
        assert count.limit == 511
