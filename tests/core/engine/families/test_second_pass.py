"""A second pass gives the latents of diffusers' own text-to-image and image-to-image pipelines, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import StableDiffusionImg2ImgPipeline
from PIL import Image
from safetensors.torch import save_file

from core.engine import families
from core.engine.decoding import decoding
from core.engine.devices.device import plan
from core.engine.generation import developed
from core.engine.initial_state import from_request
from core.engine.loading.loaded_model import PreparedModel
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.second_pass import begin, request_of_second
from core.engine.upscaling.enlarging import Enlarger
from core.engine.upscaling.reading import read_network
from core.models.catalogue import Catalogue
from core.models.reading import read_model
from core.request.hires import LANCZOS, LATENT_MODES, Hires
from core.request.request import GenerationRequest, Size
from core.request.samplers import SAMPLERS
from tests import tiny
from tests.parity import stock_latents, stock_pipeline
from tests.tiny_upscalers import compact

CPU = torch.device("cpu")
REQUEST = GenerationRequest(
    "a red house", negative_prompt="fog", model="", size=Size(32, 24), steps=4, guidance_scale=5.0, seed=7
)
HIRES = Hires(strength=0.5, steps=3)
LIKE_THE_PIPELINE = [sampler for sampler in SAMPLERS if sampler != "pndm"]
NETWORK = "tiny-x4"

Enlarge = Callable[[Any, torch.Tensor], Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.stable_diffusion(tmp_path_factory.mktemp("models") / "tiny")
    (folder.parent / "upscale_models").mkdir()
    save_file(compact(), folder.parent / "upscale_models" / f"{NETWORK}.safetensors")
    return folder


@pytest.fixture(scope="module")
def family(folder: Path) -> families.Family:
    return families.load(read_model(folder, "tiny"), plan("cpu", "float32"))


@pytest.fixture(scope="module")
def pipelines(folder: Path) -> tuple[Any, Any]:
    kinds = StableDiffusionPipeline, StableDiffusionImg2ImgPipeline
    return stock_pipeline(kinds[0], folder), stock_pipeline(kinds[1], folder)


@dataclass(frozen=True)
class Plain:
    """A model without offloading, LoRAs and layers of our own, which add up in another order."""

    family: families.Family

    def decode(self, latents: torch.Tensor, _size: Size) -> tuple[Any, str]:
        return decoding.decode(self.family, latents)

    def with_autoencoder(self, work: Callable[[], Any]) -> Any:
        return work()


@torch.inference_mode()
def our_latents(family: families.Family, request: GenerationRequest, enlarger: Enlarger) -> torch.Tensor:
    start = from_request(family, request, CPU)
    assert start.film.second is not None
    texts: Iterator[GenerationRequest] = iter((request, request_of_second(family, request)))
    predicts = [family.read_prompt(text, 1) for text in texts]
    model, place = cast("PreparedModel", Plain(family)), [0]

    def begun(latents: torch.Tensor) -> Any:
        place[0] = 1
        return begin(model, start.film, latents, enlarger)

    def predict(x: torch.Tensor, t: Timestep) -> Prediction:
        return predicts[place[0]](x, t)

    steps = developed(start, predict, (), begun)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def latents_of_stock(pipelines: tuple[Any, Any], request: GenerationRequest, enlarged: Enlarge) -> torch.Tensor:
    first, second = pipelines
    hires, checkpoint = request.hires, dict(first.scheduler.config)
    assert hires is not None
    latents = stock_latents(first, checkpoint, replace(request, hires=None), batch=1)
    sampler, steps = hires.sampler or request.sampler, hires.schedule_steps(request.steps)
    second.scheduler = schedulers.build(sampler, checkpoint, steps).scheduler
    return second(
        request.prompt,
        image=enlarged(first, latents),
        strength=hires.strength,
        negative_prompt=request.negative_prompt,
        num_inference_steps=steps,
        guidance_scale=request.guidance_scale,
        generator=[torch.Generator("cpu").manual_seed(request.seed or 0)],
        output_type="latent",
    ).images


@pytest.fixture(scope="module")
def enlarger(folder: Path) -> Enlarger:
    return Enlarger(Catalogue((folder.parent,)), CPU)


@pytest.mark.parametrize("mode", LATENT_MODES)
def test_behind_enlarged_latents(
    mode: str, family: families.Family, pipelines: tuple[Any, Any], enlarger: Enlarger
) -> None:
    def enlarged(_pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        how, antialias = LATENT_MODES[mode]
        size = tuple(2 * length for length in latents.shape[2:])
        return torch.nn.functional.interpolate(latents, size, mode=how, antialias=antialias)

    request = replace(REQUEST, hires=replace(HIRES, upscaler=mode))
    ours = our_latents(family, request, enlarger)
    assert ours.shape == (1, 4, 12, 16)
    assert torch.equal(ours, latents_of_stock(pipelines, request, enlarged))


def as_tensor(picture: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(picture, np.float32) / 255.0).permute(2, 0, 1)[None].contiguous()


def decoded(pipe: Any, latents: torch.Tensor) -> Image.Image:
    pixels = pipe.vae.decode(latents / pipe.vae.config.scaling_factor, return_dict=False)[0]
    (picture,) = pipe.image_processor.postprocess(pixels.detach(), output_type="pil")
    return picture


@pytest.mark.parametrize("sampler", LIKE_THE_PIPELINE)
@pytest.mark.parametrize("size", [Size(64, 48), Size(40, 32)])
def test_behind_an_enlarged_picture(
    size: Size, sampler: str, family: families.Family, pipelines: tuple[Any, Any], enlarger: Enlarger
) -> None:
    """The shape of the second size is another one, once its sides are those that the model takes."""

    def enlarged(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        return as_tensor(decoded(pipe, latents).resize((size.width, size.height), Image.Resampling.LANCZOS))

    request = replace(REQUEST, hires=replace(HIRES, size=size, upscaler=LANCZOS, sampler=sampler))
    ours = our_latents(family, request, enlarger)
    assert torch.equal(ours, latents_of_stock(pipelines, request, enlarged))


def test_behind_a_picture_enlarged_by_a_network(
    family: families.Family, pipelines: tuple[Any, Any], enlarger: Enlarger, folder: Path
) -> None:
    def enlarged(pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        pixels = torch.tensor(np.asarray(decoded(pipe, latents))).permute(2, 0, 1)[None].float() / 255
        path = folder.parent / "upscale_models" / f"{NETWORK}.safetensors"
        network, kind = read_network(path, "", None)
        large = enlarger.call(network, kind, pixels)[0].clamp(0, 1).mul(255).round().to(torch.uint8)
        whole = Image.fromarray(large.permute(1, 2, 0).numpy())
        return as_tensor(whole.resize((64, 48), Image.Resampling.LANCZOS))

    request = replace(REQUEST, hires=replace(HIRES, upscaler=NETWORK))
    ours = our_latents(family, request, enlarger)
    assert torch.equal(ours, latents_of_stock(pipelines, request, enlarged))
