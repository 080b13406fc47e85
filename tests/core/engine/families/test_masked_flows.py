"""Runs of flow-matching families with a hard mask equal diffusers' own inpainting pipelines, bit for bit.

Chroma's is not among them: it asks its network for a setting that only FLUX.1 has, and stops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.engine import families
from core.engine.devices.device import plan
from core.engine.networks.joined_places import tokens_in
from core.engine.sampling import schedulers
from core.models.reading import read_model
from core.request.request import GenerationRequest, Mask, Size, Source
from tests import tiny, tiny_flows, tiny_qwen
from tests.parity import stock_pipeline
from tests.parity_flows import always, as_tokens, our_latents_from_a_picture, stock_flow_latents, unit_range

SIZE = Size(32, 48)
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=SIZE, sampler="euler", steps=5, guidance_scale=3.5, seed=7
)


@dataclass(frozen=True)
class Flow:
    """A family, and how its stock pipeline is called.

    Attributes:
        held: turns our latents into what the pipeline holds.
        scale, less: its word for the guidance scale, and what is taken off ours.
        told: of its network's configuration, what the pipeline asks for without need.
        draws_before: the pipeline draws no sample of what its autoencoder sees.
    """

    make: Callable[[Path], Path]
    pipeline: str
    kind: str
    held: Callable[[torch.Tensor], torch.Tensor] = tokens_in
    scale: str = "guidance_scale"
    less: float = 0.0
    has_negative: bool = True
    draws_before: bool = False
    told: tuple[tuple[str, object], ...] = ()


def as_they_are(latents: torch.Tensor) -> torch.Tensor:
    return latents


FLOWS: Mapping[str, Flow] = {
    "flux1": Flow(tiny_flows.flux1, "flux.pipeline_flux_inpaint", "FluxInpaintPipeline", has_negative=False),
    "sd3": Flow(
        tiny_flows.stable_diffusion_3,
        "stable_diffusion_3.pipeline_stable_diffusion_3_inpaint",
        "StableDiffusion3InpaintPipeline",
        as_they_are,
        told=(("in_channels", 16),),
    ),
    "qwen_image": Flow(
        tiny_qwen.qwen_image,
        "qwenimage.pipeline_qwenimage_inpaint",
        "QwenImageInpaintPipeline",
        scale="true_cfg_scale",
    ),
    "z_image": Flow(
        tiny.z_image, "z_image.pipeline_z_image_inpaint", "ZImageInpaintPipeline", as_they_are, less=1.0
    ),
    "flux2_klein": Flow(
        tiny_flows.flux2_klein,
        "flux2.pipeline_flux2_klein_inpaint",
        "Flux2KleinInpaintPipeline",
        as_tokens,
        has_negative=False,
        draws_before=True,
    ),
}


@pytest.fixture(scope="module", params=FLOWS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FLOWS[name].make(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def family(folder: Path) -> families.Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_latents_equal_those_of_the_stock_pipeline(
    strength: float,
    name: str,
    folder: Path,
    family: families.Family,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = FLOWS[name]
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE.height, SIZE.width, 3), dtype=np.uint8)
    mask = np.zeros((SIZE.height, SIZE.width), np.uint8)
    mask[16:32, 16:] = 255  # whole cells: where a mask cuts through one, ours frees it
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    request = replace(
        REQUEST,
        negative_prompt=REQUEST.negative_prompt if flow.has_negative else "",
        source=Source(str(tmp_path / "photo.png"), strength),
        mask=Mask(str(tmp_path / "mask.png"), area="whole", softness=0),
    )
    ours = our_latents_from_a_picture(family, request)
    module: Any = import_module(f"diffusers.pipelines.{flow.pipeline}")
    pipe = stock_pipeline(getattr(module, flow.kind), folder)
    skipped = request.steps - int(request.steps * strength)
    config = family.scheduler_config_for(request)
    kept = schedulers.build("euler", config, request.steps, skipped).timesteps
    monkeypatch.setattr(pipe, "get_timesteps", always((kept, len(kept))))
    pipe.transformer.register_to_config(**dict(flow.told))
    if name == "flux2_klein":  # it takes the picture as a reference, too
        none = torch.zeros(1, 0, family.latent_shape(SIZE)[0]), torch.zeros(1, 0, 4, dtype=torch.int64)
        monkeypatch.setattr(pipe, "prepare_image_latents", always(none))
    asked: dict[str, Any] = {flow.scale: request.guidance_scale - flow.less}
    if flow.has_negative:
        asked["negative_prompt"] = request.negative_prompt
    stock = stock_flow_latents(
        pipe,
        module,
        family,
        request,
        monkeypatch,
        skipped_steps=skipped,
        draws_before=int(np.prod(family.latent_shape(SIZE))) if flow.draws_before else 0,
        image=unit_range(pixels),
        mask_image=torch.from_numpy(mask / np.float32(255))[None, None],
        strength=strength,
        **asked,
    )
    assert torch.isfinite(ours).all()
    assert torch.equal(flow.held(ours), stock)
