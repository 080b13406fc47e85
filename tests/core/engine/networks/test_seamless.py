"""Seamless pictures: torch's circular padding, in one direction alone too, and nothing when it is off."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from safetensors.torch import save_file

from core.engine.engine import Engine
from core.engine.loading.lora_additions import AdaptedLayer, Product
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.networks.seamless import Seamless
from core.models.catalogue import Catalogue
from core.request.request import Lora, Upscaler
from core.runs.operations import Decode, Generate, OpenFilm, result_of
from tests import tiny, tiny_loras
from tests.core.engine.test_branching import REQUEST, on_disk, ready
from tests.parity import stock_pipeline
from tests.tiny_upscalers import compact

SEAMLESS = replace(REQUEST, seamless="xy")


def circular(network: Any) -> Any:
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.padding_mode = "circular"
    return network


@pytest.fixture
def unet() -> Any:
    torch.manual_seed(1)
    return tiny.unet().requires_grad_(requires_grad=False)


def called(unet: Any, x: torch.Tensor) -> torch.Tensor:
    text = torch.randn(1, 5, tiny.WIDTH, generator=torch.Generator().manual_seed(2))
    return unet(x, torch.tensor(500), encoder_hidden_states=text, return_dict=False)[0]


def noise(height: int = 12, width: int = 20) -> torch.Tensor:
    return torch.randn(1, 4, height, width, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("size", [(12, 20), (2, 2), (4, 32)])
@pytest.mark.parametrize("is_packed", [False, True])
def test_all_around_is_circular_padding(unet: Any, size: tuple[int, int], is_packed: bool) -> None:
    expected = called(circular(copy.deepcopy(unet)), noise(*size))
    if is_packed:
        use_processor_layers(unet)
    Seamless().use(unet, "xy")
    for _ in range(3):  # packed layers choose their kernels by the calls before
        assert torch.allclose(called(unet, noise(*size)), expected, atol=1e-5)


@pytest.mark.parametrize(("direction", "dim", "other"), [("x", 3, 2), ("y", 2, 3)])
def test_one_direction_alone(unet: Any, direction: str, dim: int, other: int) -> None:
    def is_moved_alike(by: int, along: int) -> bool:
        moved = called(unet, noise().roll(by, along))
        return torch.allclose(moved, called(unet, noise()).roll(by, along), atol=1e-5)

    assert not is_moved_alike(4, dim)
    Seamless().use(unet, direction)
    assert is_moved_alike(4, dim)
    assert not is_moved_alike(4, other)


def test_layers_that_loras_changed_go_around_with_what_was_added(unet: Any) -> None:
    layer = unet.conv_in
    told = tiny_loras.lora(layer.weight.shape)
    factors = {"down": told["lora_down.weight"], "up": told["lora_up.weight"]}
    adapted = AdaptedLayer(layer)
    adapted.add(0, Product(layer, factors, (1.0, 1), slice(None)))
    adapted.weigh([0.7])
    unet.conv_in = adapted
    Seamless().use(unet, "xy")
    assert torch.allclose(called(unet, noise().roll(4, 3)), called(unet, noise()).roll(4, 3), atol=1e-4)


def test_off_again_is_what_it_was(unet: Any) -> None:
    before, seamless = called(unet, noise()), Seamless()
    assert seamless.use(unet, "xy")
    assert not seamless.use(unet, "xy")
    assert not torch.equal(called(unet, noise()), before)
    assert seamless.use(unet, "")
    assert torch.equal(called(unet, noise()), before)


def test_a_picture_is_that_of_diffusers_with_circular_padding(models: Path, engine: Engine) -> None:
    stock = stock_pipeline(StableDiffusionPipeline, models / "tiny-v", safety_checker=None)
    circular(stock.unet)
    circular(stock.vae.decoder)
    expected = stock(
        REQUEST.prompt,
        negative_prompt=REQUEST.negative_prompt,
        width=REQUEST.size.width,
        height=REQUEST.size.height,
        num_inference_steps=REQUEST.steps,
        guidance_scale=REQUEST.guidance_scale,
        generator=torch.Generator().manual_seed(REQUEST.seed or 0),
        output_type="np",
    ).images[0]
    plain = ready(list(engine.run(Generate(REQUEST)))).image.pixels
    made = ready(list(engine.run(Generate(SEAMLESS)))).image.pixels
    assert np.abs(made - expected * 255).max() <= 1
    assert not np.array_equal(made, plain)
    assert np.array_equal(ready(list(engine.run(Generate(REQUEST)))).image.pixels, plain)


def test_a_film_is_decoded_as_it_was_made_whatever_was_made_since(engine: Engine, tmp_path: Path) -> None:
    whole = ready(list(engine.run(Generate(SEAMLESS))))
    path = on_disk(whole.film, tmp_path)
    list(engine.run(Generate(REQUEST)))
    film = result_of(engine, OpenFilm(path)).film
    last = film.frames[-1].denoised
    decoded = result_of(engine, Decode(film, last))
    plain = result_of(engine, Decode(replace(film, request=REQUEST), last))
    assert np.array_equal(result_of(engine, Decode(film, last)), decoded)
    distances = [np.abs(pixels.astype(int) - whole.image.pixels).max() for pixels in (decoded, plain)]
    assert distances[0] < 8 < distances[1]


def test_decoding_in_tiles_goes_around_too(models: Path) -> None:
    request = replace(SEAMLESS, size=replace(SEAMLESS.size, width=192, height=192), steps=1)
    plain, tiled = (
        ready(list(Engine(Catalogue((models,)), "cpu", "float32", tiled_decode=tiles).run(Generate(request))))
        for tiles in (False, True)
    )
    difference = np.abs(plain.image.pixels.astype(int) - tiled.image.pixels).mean(2)
    edges = (difference[:2], difference[-2:], difference[:, :2], difference[:, -2:])
    assert max(edge.mean() for edge in edges) < 1.5 * difference.mean()


def test_a_lora_that_comes_later_goes_around_too(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "loras" / "wide.safetensors"
    path.parent.mkdir()
    layer = tiny.unet().conv_out
    state = {f"lora_unet_conv_out.{role}": value for role, value in tiny_loras.lora(layer.weight.shape).items()}
    save_file(state, path)
    request = replace(SEAMLESS, loras=(Lora("wide"),))
    first, second = (Engine(Catalogue((models, tmp_path)), "cpu", "float32") for _ in range(2))
    list(first.run(Generate(SEAMLESS)))
    late = ready(list(first.run(Generate(request)))).image.pixels
    assert np.array_equal(late, ready(list(second.run(Generate(request)))).image.pixels)


def test_an_enlarged_picture_goes_around_too(models: Path, tmp_path: Path) -> None:
    (tmp_path / "upscale_models").mkdir()
    save_file(compact(2), tmp_path / "upscale_models" / "twice.safetensors")
    engine = Engine(Catalogue((models, tmp_path)), "cpu", "float32")
    enlarger = engine._context.enlarger  # pyright: ignore[reportPrivateUsage]
    pixels = np.random.default_rng(0).integers(256, size=(24, 40, 3), dtype=np.uint8)

    def enlarged(picture: np.ndarray, seamless: str) -> np.ndarray:
        steps = enlarger.enlarged(picture, Upscaler("twice"), seamless)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    moved = np.roll(pixels, 10, axis=1)
    assert not np.array_equal(enlarged(moved, ""), np.roll(enlarged(pixels, ""), 20, axis=1))
    difference = enlarged(moved, "xy").astype(int) - np.roll(enlarged(pixels, "xy"), 20, axis=1)
    assert np.abs(difference).max() <= 1
