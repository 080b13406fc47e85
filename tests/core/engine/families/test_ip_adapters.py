"""IP-Adapters give the pictures of diffusers' own pipelines, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import StableDiffusionImg2ImgPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import StableDiffusionXLPipeline
from PIL import Image
from transformers import CLIPImageProcessorPil

from core.control.maps import map_key, read_maps
from core.engine import families
from core.engine.devices.device import plan
from core.engine.loading.control_nets import ControlNets
from core.engine.networks.image_prompts import AnyGuide
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Predict
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.request.control import Control
from core.request.request import GenerationRequest, Size, Source
from tests import tiny, tiny_controls, tiny_ip_adapters
from tests.parity import our_steps, stock_pipeline
from tests.parity_flows import unit_range

SIZE = Size(32, 24)
REQUEST = GenerationRequest(
    "a red house", "fog", model="tiny", size=SIZE, sampler="ddim", steps=4, guidance_scale=5.0, seed=7
)
PLAN = plan("cpu", "float32")
SEEDS = {"plain": 5, "plus": 6, "full": 7}
Run = tuple[list[torch.Tensor], np.ndarray]


@pytest.fixture(scope="module", params=["stable_diffusion", "stable_diffusion_xl"])
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, and IP-Adapters, their encoder and pictures beside it."""
    folder = tmp_path_factory.mktemp("models")
    model = getattr(tiny, request.param)(folder / "tiny")
    for kind, seed in SEEDS.items():
        tiny_ip_adapters.save(model, folder / "ipadapter", kind, kind, seed)
        tiny_controls.picture(folder, Size(70, 50), seed, f"{kind}.png")
    tiny_ip_adapters.save_encoder(folder, is_lone=request.param == "stable_diffusion")
    return folder


@pytest.fixture(scope="module")
def whole_xl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that has all blocks of Stable Diffusion XL, and an IP-Adapter for it."""
    folder = tmp_path_factory.mktemp("models")
    blocks: dict[str, Any] = {
        "block_out_channels": (8, 16, 16),
        "layers_per_block": 2,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": (1, 2, 3),
    }
    model = tiny.stable_diffusion_xl(folder / "tiny", **blocks)
    tiny_ip_adapters.save(model, folder / "ipadapter", "plus", "plus", SEEDS["plus"])
    tiny_controls.picture(folder, Size(70, 50), 6, "plus.png")
    tiny_ip_adapters.save_encoder(folder)
    return folder


def control(models: Path, name: str, weight: float = 1.0, preprocessor: str = "none") -> Control:
    return Control(name, str(models / f"{name}.png"), preprocessor=preprocessor, weight=weight)


class Beside:
    """Stands in for the placing of parts, of which there is only the processor."""

    def add(self, _name: str, _part: Any) -> None: ...

    def remove(self, _name: str) -> None: ...


@torch.inference_mode()
def ours(models: Path, request: GenerationRequest) -> Run:
    """Returns the latents behind each step, and the picture: without what makes layers faster on a processor."""
    model = read_model(models / "tiny", "tiny")
    family, library = families.load(model, PLAN), Catalogue((models,)).controls
    nets = ControlNets(model, family, Beside(), PLAN)  # pyright: ignore[reportArgumentType]
    request = replace(request, controls=tuple(map(library.suited, request.controls)))
    maps, controls = read_maps(request, (), {})
    request = replace(request, controls=nets.use(controls, lambda: library))

    def read(text: GenerationRequest) -> Predict:
        guides: list[AnyGuide] = [nets.guide(one, maps[map_key(one)]) for one in text.controls]
        return family.read_prompt(text, 1, guides)

    return our_steps(family, request, read)


def stock(models: Path, request: GenerationRequest, kinds: tuple[str, ...], scale: Any, **asked: Any) -> Run:
    """Returns the latents behind each step, and the picture."""
    is_xl = (models / "tiny" / "text_encoder_2").is_dir()
    kind: Any = StableDiffusionXLPipeline if is_xl else StableDiffusionPipeline
    if request.source is not None:
        kind = StableDiffusionImg2ImgPipeline
    options: dict[str, Any] = {"add_watermarker": False} if is_xl else {"safety_checker": None}
    more = {"image_encoder": tiny_ip_adapters.encoder(), "feature_extractor": CLIPImageProcessorPil()}
    pipe = stock_pipeline(kind, models / "tiny", **options, **more)
    loaded = [tiny_ip_adapters.weights(models / "tiny", one, SEEDS[one]) for one in kinds]
    pipe.load_ip_adapter(
        loaded, subfolder=[""] * len(kinds), weight_name=[""] * len(kinds), image_encoder_folder=None
    )
    pipe.set_ip_adapter_scale(scale)
    config = read_model(models / "tiny", "tiny").schedule_for()
    pipe.scheduler = schedulers.build(request.sampler, config, request.steps).scheduler
    seen: list[torch.Tensor] = []

    def remember(_pipe: Any, _step: int, _t: Any, state: dict[str, Any]) -> dict[str, Any]:
        seen.append(state["latents"])
        return state

    if request.source is None:
        asked |= {"width": request.size.width, "height": request.size.height}
    with torch.inference_mode():
        made = pipe(
            request.prompt,
            negative_prompt=request.negative_prompt,
            ip_adapter_image=[Image.open(models / f"{one}.png") for one in kinds],
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(request.seed or 0),
            output_type="pil",
            callback_on_step_end=remember,
            **asked,
        ).images[0]
    return seen, np.asarray(made)


def assert_same(models: Path, request: GenerationRequest, stock: Run) -> None:
    latents, pixels = ours(models, request)
    assert len(latents) == len(stock[0])
    for mine, theirs in zip(latents, stock[0], strict=True):
        assert torch.equal(mine, theirs)
    assert np.array_equal(pixels, stock[1])
    assert not torch.equal(latents[-1], ours(models, replace(request, controls=()))[0][-1]), "the picture acts"


@pytest.mark.parametrize("guidance_scale", [1.0, 5.0])
@pytest.mark.parametrize("kind", SEEDS)
def test_one_picture(models: Path, kind: str, guidance_scale: float) -> None:
    request = replace(REQUEST, guidance_scale=guidance_scale, controls=(control(models, kind, 0.7),))
    assert_same(models, request, stock(models, request, (kind,), 0.7))


def test_two_pictures(models: Path) -> None:
    request = replace(REQUEST, controls=(control(models, "plain", 0.6), control(models, "plus", 1.2)))
    assert_same(models, request, stock(models, request, ("plain", "plus"), [0.6, 1.2]))


def test_from_a_picture(models: Path) -> None:
    if (models / "tiny" / "text_encoder_2").is_dir():
        return  # the arithmetic beside the U-Net is that of the other family
    photo = tiny_controls.picture(models, SIZE, 11, "photo.png")
    request = replace(REQUEST, source=Source(str(photo), 0.6), controls=(control(models, "plus", 0.9),))
    pixels = unit_range(np.asarray(Image.open(photo)))
    assert_same(models, request, stock(models, request, ("plus",), 0.9, image=pixels, strength=0.6))


@pytest.mark.parametrize(
    ("part", "scales"),
    [
        ("picture", 0.7),
        ("style", {"up": {"block_0": [0.0, 0.7, 0.0]}}),
        ("layout", {"down": {"block_2": [0.0, 0.7]}}),
    ],
)
def test_only_a_part_of_a_picture_counts_in_the_layers_that_diffusers_is_told(
    part: str, scales: Any, whole_xl: Path
) -> None:
    request = replace(REQUEST, controls=(control(whole_xl, "plus", 0.7, part),))
    assert_same(whole_xl, request, stock(whole_xl, request, ("plus",), scales))
