"""Our loop and diffusers' Krea2Pipeline give the same latents, bit for bit, Raw and Turbo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.krea2 import pipeline_krea2
from diffusers.pipelines.krea2.pipeline_krea2 import Krea2Pipeline

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.networks.joined_places import tokens_in
from core.models.reading import read_model
from core.request.request import GenerationRequest, Size
from core.request.samplers import FLOW_SAMPLERS
from tests import tiny_qwen
from tests.parity import our_latents, stock_pipeline
from tests.parity_flows import assert_same_picture, stock_flow_latents

SIZE = Size(16, 24)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=4, guidance_scale=4.0, seed=7
)


class Both:
    """A tiny model, loaded by us and by diffusers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.family: Family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
        self.pipe: Any = stock_pipeline(Krea2Pipeline, folder)

    def stock(self, request: GenerationRequest, monkeypatch: pytest.MonkeyPatch, batch: int = 1) -> torch.Tensor:
        return stock_flow_latents(
            self.pipe,
            pipeline_krea2,
            self.family,
            request,
            monkeypatch,
            batch,
            guidance_scale=request.guidance_scale - 1,  # c + g' (c - u)
            negative_prompt=request.negative_prompt,
        )


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tiny_qwen.krea2(tmp_path_factory.mktemp("raw")))


@pytest.mark.parametrize(("guidance_scale", "batch"), [(1.0, 1), (4.0, 2)])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, raw: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    ours = our_latents(raw.family, request, batch)
    assert torch.isfinite(ours).all()
    assert torch.equal(tokens_in(ours), raw.stock(request, monkeypatch, batch))


@pytest.mark.parametrize("is_distilled", [True, False])
def test_the_picture_equals_that_of_the_stock_pipeline(is_distilled: bool, tmp_path: Path) -> None:
    both = Both(tiny_qwen.krea2(tmp_path / "model", is_distilled=is_distilled))
    assert both.family.model.defaults.steps == (8 if is_distilled else 28)
    request = replace(REQUEST, guidance_scale=1.0 if is_distilled else 4.0)
    asked: dict[str, Any] = {"guidance_scale": request.guidance_scale - 1, "negative_prompt": "fog"}
    assert_same_picture(both.folder, both.family, both.pipe, request, **asked)
