"""ControlNets and T2I-Adapters give the pictures of diffusers' own pipelines, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.adapter import MultiAdapter, T2IAdapter
from diffusers.pipelines.controlnet.pipeline_controlnet import StableDiffusionControlNetPipeline
from diffusers.pipelines.controlnet.pipeline_controlnet_img2img import StableDiffusionControlNetImg2ImgPipeline
from diffusers.pipelines.controlnet.pipeline_controlnet_sd_xl import StableDiffusionXLControlNetPipeline
from diffusers.pipelines.t2i_adapter.pipeline_stable_diffusion_adapter import StableDiffusionAdapterPipeline
from diffusers.pipelines.t2i_adapter.pipeline_stable_diffusion_xl_adapter import StableDiffusionXLAdapterPipeline
from PIL import Image

from core.control.maps import map_key, read_maps
from core.engine import families
from core.engine.devices.device import plan
from core.engine.networks.guides import Guide
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Predict
from core.engine.weights.control_files import read_network
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.request.control import Control
from core.request.request import GenerationRequest, Size, Source
from tests import tiny, tiny_controls
from tests.parity import our_steps, stock_pipeline
from tests.parity_flows import unit_range

SIZE = Size(32, 24)
REQUEST = GenerationRequest(
    "a red house", "fog", model="tiny", size=SIZE, sampler="ddim", steps=6, guidance_scale=5.0, seed=7
)
KINDS: dict[str, Any] = {
    "stable_diffusion": tiny.stable_diffusion,
    "stable_diffusion_xl": tiny.stable_diffusion_xl,
}
OF_ADAPTERS = {"stable_diffusion": "full_adapter", "stable_diffusion_xl": "full_adapter_xl"}
BLOCKS: dict[
    str, Any
] = {  # adapters act in blocks with attention before they get smaller, and in the others behind that
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
}
PLAN = plan("cpu", "float32")
Run = tuple[list[torch.Tensor], np.ndarray]
"""The latents behind each step, and the picture."""


@pytest.fixture(scope="module", params=KINDS)
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, and networks and pictures for control beside it."""
    folder = tmp_path_factory.mktemp("models")
    model = KINDS[request.param](folder / "tiny", **BLOCKS if request.param == "stable_diffusion" else {})
    for seed, name in ((3, "lines"), (5, "depth")):
        tiny_controls.save(tiny_controls.controlnet(model, seed), folder / "controlnet", name)
        tiny_controls.picture(folder, SIZE, seed, f"{name}.png")
    for seed, name in ((6, "sketch"), (9, "colour")):
        channels = 1 if name == "sketch" else 3
        tiny_controls.save(
            tiny_controls.adapter(model, seed, channels, OF_ADAPTERS[request.param]), folder / "t2i_adapter", name
        )
        tiny_controls.picture(folder, SIZE, seed, f"{name}.png")
    return folder


def control(models: Path, name: str, *how: float) -> Control:
    weight, start, end = (*how, *(1.0, 0.0, 1.0)[len(how) :])
    return Control(name, str(models / f"{name}.png"), weight=weight, start=start, end=end)


@torch.inference_mode()
def ours(models: Path, request: GenerationRequest) -> Run:
    """Returns the latents behind each step, and the picture: without what makes layers faster on a processor."""
    family = families.load(read_model(models / "tiny", "tiny"), PLAN)
    library = Catalogue((models,)).controls
    maps, controls = read_maps(request, (), {})
    networks = {one.name: read_network(library.find(one), family.network(), PLAN) for one in controls}

    def read(text: GenerationRequest) -> Predict:
        guides = [
            Guide(
                one,
                lambda one=one: networks[one.name],
                isinstance(networks[one.name], T2IAdapter),
                maps[map_key(one)],
            )
            for one in text.controls
        ]
        return family.read_prompt(text, 1, guides)

    request = replace(request, controls=controls)
    return our_steps(family, request, read)


def stock(
    pipe: Any, models: Path, request: GenerationRequest, **asked: Any
) -> tuple[list[torch.Tensor], np.ndarray]:
    """Returns the latents behind each step, and the picture."""
    config = read_model(models / "tiny", "tiny").schedule_for()
    pipe.scheduler = schedulers.build(request.sampler, config, request.steps).scheduler
    seen: list[torch.Tensor] = []

    def remember(_pipe: Any, _step: int, _t: Any, state: dict[str, Any]) -> dict[str, Any]:
        seen.append(state["latents"])
        return state

    if request.source is None:
        asked |= {"width": request.size.width, "height": request.size.height}

    def remember_latents(_step: int, _t: Any, latents: torch.Tensor) -> None:
        seen.append(latents)

    has_end = "callback_on_step_end" in type(pipe).__call__.__annotations__
    told = {"callback_on_step_end": remember} if has_end else {"callback": remember_latents}
    with torch.inference_mode():
        made = pipe(
            request.prompt,
            negative_prompt=request.negative_prompt,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(request.seed or 0),
            output_type="pil",
            **told,
            **asked,
        ).images[0]
    return seen, np.asarray(made)


def assert_same(models: Path, request: GenerationRequest, stock: Run) -> None:
    latents, pixels = ours(models, request)
    assert len(latents) == len(stock[0])
    for mine, theirs in zip(latents, stock[0], strict=True):
        assert torch.equal(mine, theirs)
    assert np.array_equal(pixels, stock[1])
    assert not np.array_equal(pixels, ours(models, replace(request, controls=()))[1]), "the control acts"


def nets(models: Path, *names: str) -> Any:
    found = [tiny_controls.controlnet(models / "tiny", {"lines": 3, "depth": 5}[name]) for name in names]
    return found[0] if len(found) == 1 else found


def pictures(models: Path, *names: str) -> Any:
    found = [Image.open(models / f"{name}.png") for name in names]
    return found[0] if len(found) == 1 else found


def pipe_of(models: Path, is_adapter: bool = False, **networks: Any) -> Any:
    is_xl = (models / "tiny" / "text_encoder_2").is_dir()
    if is_adapter:
        kind = StableDiffusionXLAdapterPipeline if is_xl else StableDiffusionAdapterPipeline
    else:
        kind = StableDiffusionXLControlNetPipeline if is_xl else StableDiffusionControlNetPipeline
    if is_xl:
        return stock_pipeline(
            kind, models / "tiny", **networks, **({} if is_adapter else {"add_watermarker": False})
        )
    options = {"safety_checker": None, "requires_safety_checker": False}
    return stock_pipeline(kind, models / "tiny", **networks, **options)


@pytest.mark.parametrize("sampler", ["ddim", "dpmpp_2m", "heun"])
@pytest.mark.parametrize("how", [(1.0,), (0.6, 0.2, 0.7)])
def test_one_controlnet(models: Path, how: tuple[float, ...], sampler: str) -> None:
    request = replace(REQUEST, sampler=sampler, controls=(control(models, "lines", *how),))
    weight, start, end = (*how, *(1.0, 0.0, 1.0)[len(how) :])
    acts = {
        "controlnet_conditioning_scale": weight,
        "control_guidance_start": start,
        "control_guidance_end": end,
    }
    pipe = pipe_of(models, controlnet=nets(models, "lines"))
    assert_same(models, request, stock(pipe, models, request, image=pictures(models, "lines"), **acts))


@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
def test_two_controlnets(models: Path, guidance_scale: float) -> None:
    both = control(models, "lines", 0.8, 0.0, 0.5), control(models, "depth", 0.5, 0.3, 1.0)
    request = replace(REQUEST, guidance_scale=guidance_scale, controls=both)
    acts = {
        "controlnet_conditioning_scale": [0.8, 0.5],
        "control_guidance_start": [0.0, 0.3],
        "control_guidance_end": [0.5, 1.0],
    }
    pipe = pipe_of(models, controlnet=nets(models, "lines", "depth"))
    image = pictures(models, "lines", "depth")
    assert_same(models, request, stock(pipe, models, request, image=image, **acts))


@pytest.mark.filterwarnings("ignore:The decode_latents method is deprecated")
@pytest.mark.parametrize("names", [("colour",), ("sketch", "colour")])
def test_adapters(models: Path, names: tuple[str, ...]) -> None:
    is_xl = (models / "tiny" / "text_encoder_2").is_dir()
    end = 0.5 if is_xl else 1.0
    request = replace(REQUEST, controls=tuple(control(models, name, 0.7, 0.0, end) for name in names))
    kind = OF_ADAPTERS["stable_diffusion_xl" if is_xl else "stable_diffusion"]
    seeds = {"sketch": (6, 1), "colour": (9, 3)}
    made = [tiny_controls.adapter(models / "tiny", *seeds[name], kind) for name in names]
    scales = [0.7] * len(names)
    acts: dict[str, Any] = {"adapter_conditioning_factor": end} if is_xl else {}
    acts["adapter_conditioning_scale"] = scales if len(names) > 1 else 0.7
    images = [Image.open(models / f"{name}.png").convert("L" if name == "sketch" else "RGB") for name in names]
    pipe = pipe_of(models, is_adapter=True, adapter=MultiAdapter(made) if len(names) > 1 else made[0])
    image = images if len(names) > 1 else images[0]
    assert_same(models, request, stock(pipe, models, request, image=image, **acts))


def test_from_a_picture(tmp_path: Path) -> None:
    tiny.stable_diffusion(tmp_path / "tiny")
    tiny_controls.save(tiny_controls.controlnet(tmp_path / "tiny"), tmp_path / "controlnet", "lines")
    tiny_controls.picture(tmp_path, SIZE, 3, "lines.png")
    photo = tiny_controls.picture(tmp_path, SIZE, 11, "photo.png")
    request = replace(
        REQUEST, source=Source(str(photo), 0.6), controls=(control(tmp_path, "lines", 0.9, 0.0, 0.7),)
    )
    pipe = stock_pipeline(
        StableDiffusionControlNetImg2ImgPipeline,
        tmp_path / "tiny",
        controlnet=nets(tmp_path, "lines"),
        safety_checker=None,
        requires_safety_checker=False,
    )
    acts = {"controlnet_conditioning_scale": 0.9, "control_guidance_end": 0.7, "strength": 0.6}
    pixels = unit_range(np.asarray(Image.open(photo)))  # pipelines keep pictures in another layout
    images = {"image": pixels, "control_image": pictures(tmp_path, "lines")}
    assert_same(tmp_path, request, stock(pipe, tmp_path, request, **images, **acts))
