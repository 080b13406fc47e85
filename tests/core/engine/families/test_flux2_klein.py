"""Our loop and diffusers' Flux2KleinPipeline give the same latents, bit for bit, distilled and base."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.flux2 import pipeline_flux2_klein, pipeline_flux2_klein_inpaint
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline, compute_empirical_mu
from diffusers.pipelines.flux2.pipeline_flux2_klein_inpaint import Flux2KleinInpaintPipeline
from PIL import Image

from core.engine import families
from core.engine.devices.device import plan
from core.engine.families import Family
from core.engine.families.flux2_klein import empirical_mu
from core.engine.loading.references import encoded_references
from core.models.reading import read_model
from core.request.request import GenerationRequest, Reference, Size, Source
from core.request.samplers import FLOW_SAMPLERS
from tests import tiny_flows
from tests.parity import CPU, our_latents, stock_pipeline
from tests.parity_flows import (
    always,
    as_tokens,
    assert_same_picture,
    our_latents_from_a_picture,
    stock_flow_latents,
    unit_range,
)

SIZE = Size(32, 48)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=6, guidance_scale=4.0, seed=7
)


class Both:
    """A tiny model, loaded by us and by diffusers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.family: Family = families.load(read_model(folder, "tiny"), plan("cpu", "float32"))
        self.pipe: Any = stock_pipeline(Flux2KleinPipeline, folder)

    def stock(
        self, request: GenerationRequest, monkeypatch: pytest.MonkeyPatch, batch: int = 1, **asked: Any
    ) -> torch.Tensor:
        with torch.inference_mode():
            negative, _ = self.pipe.encode_prompt(request.negative_prompt)
        return stock_flow_latents(
            self.pipe,
            pipeline_flux2_klein,
            self.family,
            request,
            monkeypatch,
            batch,
            guidance_scale=request.guidance_scale,
            negative_prompt_embeds=negative,
            **asked,
        )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tiny_flows.flux2_klein(tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="module")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tiny_flows.flux2_klein(tmp_path_factory.mktemp("distilled"), is_distilled=True))


@pytest.mark.parametrize(("guidance_scale", "batch"), [(1.0, 1), (4.0, 1), (4.0, 2)])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, batch: int, base: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale)
    ours = our_latents(base.family, request, batch)
    assert torch.isfinite(ours).all()
    assert torch.equal(as_tokens(ours), base.stock(request, monkeypatch, batch))


def test_a_distilled_one_has_no_guidance(distilled: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    assert distilled.family.model.capabilities.guidance == "none"
    assert distilled.family.model.defaults.steps == 4
    ours = our_latents(distilled.family, REQUEST, 1)
    assert torch.equal(as_tokens(ours), distilled.stock(REQUEST, monkeypatch))
    assert torch.equal(ours, our_latents(distilled.family, replace(REQUEST, guidance_scale=1.0), 1))


def test_the_picture_equals_that_of_the_stock_pipeline(base: Both) -> None:
    request = replace(REQUEST, negative_prompt="")
    assert_same_picture(base.folder, base.family, base.pipe, request, guidance_scale=REQUEST.guidance_scale)


@pytest.mark.parametrize(("sampler", "guidance_scale"), [("euler", 1.0), ("heun", 4.0), ("dpmpp_2m", 4.0)])
def test_with_reference_pictures_latents_equal_those_of_the_stock_pipeline(
    sampler: str, guidance_scale: float, base: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, rng = ((64, 80), (96, 64)), np.random.default_rng(3)
    pictures = [Image.fromarray(rng.integers(0, 256, (high, wide, 3), dtype=np.uint8)) for wide, high in sizes]
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"{number}.png")
    references = tuple(Reference(str(tmp_path / f"{number}.png")) for number in range(len(pictures)))
    request = replace(REQUEST, sampler=sampler, guidance_scale=guidance_scale, references=references)
    with torch.inference_mode():
        known = encoded_references(base.family, request, CPU)
    assert all(len(reference.sha256) == 64 for reference in known.references)
    ours = our_latents(base.family, known, 1)
    plain = our_latents(base.family, replace(known, references=()), 1)
    assert not torch.equal(ours, plain)
    preprocess = base.pipe.image_processor.preprocess

    def in_order(*arguments: Any, **options: Any) -> torch.Tensor:
        return preprocess(*arguments, **options).contiguous()  # convolutions round by the order in memory

    monkeypatch.setattr(base.pipe.image_processor, "preprocess", in_order)
    assert torch.equal(as_tokens(ours), base.stock(request, monkeypatch, image=pictures))


@pytest.mark.parametrize("tokens", [6, 256, 4096, 4300, 4301, 16384])
@pytest.mark.parametrize("steps", [1, 4, 50, 200])
def test_the_shift_is_that_of_the_makers(tokens: int, steps: int) -> None:
    assert empirical_mu(tokens, steps) == compute_empirical_mu(tokens, steps)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_run_that_begins_with_a_picture_equals_the_stock_one(
    strength: float, base: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE.height, SIZE.width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    request = replace(REQUEST, negative_prompt="", source=Source(str(tmp_path / "photo.png"), strength))
    ours = our_latents_from_a_picture(base.family, request)
    shape = base.family.latent_shape(SIZE)
    pipe: Any = stock_pipeline(Flux2KleinInpaintPipeline, base.folder)
    none = torch.zeros(1, 0, shape[0]), torch.zeros(1, 0, 4, dtype=torch.int64)
    monkeypatch.setattr(pipe, "prepare_image_latents", always(none))  # it takes the picture as a reference too

    def kept(steps: int, *_rest: object) -> tuple[torch.Tensor, int]:
        return pipe.scheduler.timesteps[skipped:], steps

    skipped = request.steps - int(request.steps * strength)
    monkeypatch.setattr(pipe, "get_timesteps", kept)
    stock = stock_flow_latents(
        pipe,
        pipeline_flux2_klein_inpaint,
        base.family,
        request,
        monkeypatch,
        skipped_steps=skipped,
        draws_before=int(np.prod(shape)),
        image=unit_range(pixels),
        mask_image=torch.ones(1, 1, SIZE.height, SIZE.width),
        strength=strength,
        guidance_scale=request.guidance_scale,
    )
    assert torch.equal(as_tokens(ours), stock)
