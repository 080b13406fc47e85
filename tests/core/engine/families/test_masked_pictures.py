"""Runs with a mask give the same latents as diffusers' own inpainting pipelines, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import StableDiffusionInpaintPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl_inpaint import (
    StableDiffusionXLInpaintPipeline,
)
from PIL import Image

from core.engine import families
from core.engine.devices.device import plan
from core.engine.sampling import schedulers
from core.models.catalogue import read_model
from core.request.request import GenerationRequest, Mask, Size, Source
from core.request.samplers import SAMPLERS
from tests import tiny
from tests.parity import stock_pipeline
from tests.parity_flows import our_latents_from_a_picture
from tests.tiny_families import SECOND

SIZE = Size(32, 24)
NOT_ALIKE = {
    "pndm": "the stock pipeline makes the second of its calls once, see test_source_pictures",
    "dpm2": "the stock pipeline keeps the middle of a step with the noise of its end",
    "dpm2_a": "the same",
}
LIKE_THE_PIPELINE = [sampler for sampler in SAMPLERS if sampler not in NOT_ALIKE]


@dataclass(frozen=True)
class Both:
    """A tiny model, loaded by the engine and as diffusers' own pipeline."""

    family: families.Family
    pipeline: Any


KINDS: dict[str, tuple[Any, Any]] = {
    "sd": (tiny.stable_diffusion, StableDiffusionInpaintPipeline),
    "sd inpainting": (partial(tiny.stable_diffusion, in_channels=9), StableDiffusionInpaintPipeline),
    "xl": (partial(tiny.stable_diffusion_xl, second=SECOND), StableDiffusionXLInpaintPipeline),
    "xl inpainting": (
        partial(tiny.stable_diffusion_xl, second=SECOND, in_channels=9),
        StableDiffusionXLInpaintPipeline,
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    make, pipeline = KINDS[request.param]
    folder = make(tmp_path_factory.mktemp("model"))
    options = {"add_watermarker": False} if "xl" in request.param else {}
    stock = stock_pipeline(pipeline, folder, **options)
    return Both(families.load(read_model(folder, "tiny"), plan("cpu", "float32")), stock)


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> GenerationRequest:
    """Asks for a mask of whole cells: one that is cut ours frees, and the stock pipeline takes its corner."""
    folder = tmp_path_factory.mktemp("photos")
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE.height, SIZE.width, 3), dtype=np.uint8)
    mask = np.zeros((SIZE.height, SIZE.width), np.uint8)
    mask[8:16, 12:28] = 255
    Image.fromarray(pixels).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return GenerationRequest(
        "a red house",
        negative_prompt="fog",
        model="",
        size=SIZE,
        steps=5,
        guidance_scale=5.0,
        seed=7,
        source=Source(str(folder / "photo.png"), 0.6),
        mask=Mask(str(folder / "mask.png"), area="whole", softness=0),
    )


def stock_latents(both: Both, request: GenerationRequest) -> torch.Tensor:
    pipe, source, mask = both.pipeline, request.source, request.mask
    with Image.open(source.path if source else "") as opened:
        pixels = torch.from_numpy(np.asarray(opened, np.float32) / 255.0).permute(2, 0, 1)[None].contiguous()
    with Image.open(mask.path if mask else "") as opened:
        cells = torch.from_numpy(np.asarray(opened, np.float32) / 255.0)[None, None]
    pipe.scheduler = schedulers.build(request.sampler, both.family.model.schedule_for(), request.steps).scheduler
    return pipe(
        request.prompt,
        image=pixels,
        mask_image=cells,
        width=request.size.width,
        height=request.size.height,
        strength=source.strength if source else 1.0,
        negative_prompt=request.negative_prompt,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        generator=[torch.Generator("cpu").manual_seed(request.seed or 0)],
        output_type="latent",
    ).images


@pytest.mark.parametrize("strength", [0.6, 1.0])
@pytest.mark.parametrize("sampler", LIKE_THE_PIPELINE)
def test_latents_equal_those_of_the_stock_pipeline(
    sampler: str, strength: float, both: Both, request_: GenerationRequest
) -> None:
    assert request_.source is not None
    request = replace(request_, sampler=sampler, source=replace(request_.source, strength=strength))
    ours = our_latents_from_a_picture(both.family, request)
    assert torch.isfinite(ours).all()
    assert torch.equal(ours, stock_latents(both, request))
