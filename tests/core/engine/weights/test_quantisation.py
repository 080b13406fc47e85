"""Packed weights: how much they take, how near they are, and that runs, LoRAs and placements know them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine.engine import Engine
from core.engine.weights.quantisation import QuantisedConv2d, QuantisedLinear, quantise
from core.errors import InvalidRequest
from core.families import FAMILIES
from core.models.catalogue import Catalogue
from core.models.memory_plan import GIB, DeviceMemory, Placement, plan_memory
from core.models.model_weights import ModelWeights
from core.pictures.pixels import Pixels
from core.request.json_codec import request_from_json, request_to_json
from core.request.request import GenerationRequest, Lora, Size
from core.runs.branch import Branch
from core.runs.events import ImageReady, Stepped
from core.runs.operations import Decode, Generate, GenerateBranch, ReportMemory, result_of
from tests import tiny
from tests.tiny_families import TINY_MODELS, smallest_request

FAMILY = FAMILIES["stable_diffusion_xl"]
STARTER = GenerationRequest("a lighthouse by the sea", size=Size(64, 64), steps=6, guidance_scale=3.0, seed=7)
REQUEST = GenerationRequest(
    "abc",
    negative_prompt="d",
    model="tiny",
    size=Size(64, 64),
    sampler="ddim",
    steps=3,
    guidance_scale=3.0,
    seed=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("packed")
    tiny.stable_diffusion(models / "tiny")
    tiny.lora(models / "loras" / "ink.safetensors", tiny.unet(), "unet")
    return models


@pytest.fixture
def engine(folder: Path) -> Engine:
    return Engine(Catalogue((folder,)), "cpu", "float32")


def pixels(engine: Engine, request: GenerationRequest) -> Pixels:
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    return last.image.pixels


@pytest.mark.parametrize(("bits", "largest"), [(8, 0.01), (4, 0.09)])
@pytest.mark.parametrize("columns", [32, 50, 7])
def test_rebuilt_weights_are_near_the_true_ones(bits: int, largest: float, columns: int) -> None:
    layer = torch.nn.Linear(columns, 24)
    true, x = layer.weight.detach().clone(), torch.randn(3, columns)
    expected = layer(x)
    quantise(torch.nn.Sequential(layer), bits)
    assert isinstance(layer, QuantisedLinear)
    assert layer.weight.shape == true.shape
    assert ((layer.weight - true).norm() / true.norm()).item() < largest
    assert ((layer(x) - expected).norm() / expected.norm()).item() < 2 * largest


def test_a_convolution_keeps_its_stride_and_padding() -> None:
    layer = torch.nn.Conv2d(6, 8, 3, stride=2, padding=1)
    x = torch.randn(1, 6, 8, 8)
    expected = layer(x)
    quantise(torch.nn.Sequential(layer), 8)
    assert isinstance(layer, QuantisedConv2d)
    torch.testing.assert_close(layer(x), expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("bits", [8, 4])
def test_blocks_of_zeros_and_of_one_value_are_exact(bits: int) -> None:
    layer = torch.nn.Linear(64, 2)
    with torch.no_grad():
        layer.weight[0], layer.weight[1] = 0.0, 0.25
    quantise(torch.nn.Sequential(layer), bits)
    torch.testing.assert_close(layer.weight, torch.tensor([[0.0], [0.25]]).expand(2, 64), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("bits", "share"), [(8, 0.6), (4, 0.45)])
def test_the_plan_knows_what_packed_weights_take(bits: int, share: float) -> None:
    unet = tiny.unet(block_out_channels=(64, 128), cross_attention_dim=64).half()
    whole = sum(weight.nbytes for weight in unet.parameters())
    quantise(unet, bits)
    packed = sum(weight.nbytes for weight in unet.parameters())
    assert packed < share * whole
    weights, device = ModelWeights(0, whole // 2, 0), DeviceMemory("cuda", GIB, GIB)
    planned = plan_memory(FAMILY, weights, "float16", Size(64, 64), device, weight_bits=bits).weights
    assert planned == pytest.approx(packed, rel=0.15)


@pytest.mark.parametrize(("bits", "largest"), [(8, 1.0), (4, 8.0)])
def test_a_picture_of_the_starter_model_is_nearly_the_same(bits: int, largest: float) -> None:
    engine = Engine(Catalogue(()), "cpu", "float32")
    whole = pixels(engine, STARTER).astype(float)
    packed = pixels(engine, replace(STARTER, weight_bits=bits)).astype(float)
    difference = float(np.abs(whole - packed).mean())
    assert 0 < difference < largest


@pytest.mark.parametrize("model", TINY_MODELS)
def test_every_placement_gives_the_same_picture_of_packed_weights(one_of_each: Path, model: str) -> None:
    catalogue = Catalogue((one_of_each,))
    request = replace(smallest_request(catalogue.find(model), steps=2), weight_bits=8)
    expected = pixels(Engine(catalogue, "cpu", "float32"), request)
    for placement in Placement:
        placed = Engine(catalogue, "cpu", "float32", placement)
        for _ in range(2):
            assert np.array_equal(pixels(placed, request), expected), placement


def test_packed_weights_are_loaded_for_runs_that_ask_for_them_only(engine: Engine) -> None:
    whole = pixels(engine, REQUEST)
    packed = pixels(engine, replace(REQUEST, weight_bits=4))
    assert not np.array_equal(whole, packed)
    assert np.array_equal(pixels(engine, REQUEST), whole)
    assert np.array_equal(pixels(engine, replace(REQUEST, weight_bits=4)), packed)


def test_a_lora_on_packed_weights_changes_the_picture_and_goes_without_a_trace(engine: Engine) -> None:
    request = replace(REQUEST, weight_bits=8)
    before = pixels(engine, request)
    assert not np.array_equal(pixels(engine, replace(request, loras=(Lora("ink", 2.0),))), before)
    assert np.array_equal(pixels(engine, request), before)


def test_a_film_of_packed_weights_is_continued_with_them(engine: Engine) -> None:
    request = replace(REQUEST, weight_bits=4)
    *_, last = engine.run(Generate(request))
    assert isinstance(last, ImageReady)
    pixels(engine, REQUEST)
    *_, again = engine.run(GenerateBranch(Branch(last.film, 1, last.film.request)))
    assert isinstance(again, ImageReady)
    assert np.array_equal(again.image.pixels, last.image.pixels)


def test_a_frame_is_decoded_without_loading_the_model_in_other_weights(engine: Engine) -> None:
    *_, last = engine.run(Generate(replace(REQUEST, weight_bits=8)))
    assert isinstance(last, ImageReady)
    shown = result_of(engine, Decode(last.film, last.film.frames[-1].denoised))
    pixels(engine, REQUEST)
    assert np.array_equal(result_of(engine, Decode(last.film, last.film.frames[-1].denoised)), shown)
    assert result_of(engine, ReportMemory()).weight_bits is None


def test_words_are_found_in_packed_networks_too(engine: Engine) -> None:
    events = engine.run(Generate(replace(REQUEST, weight_bits=8), attention=True))
    assert all(event.attention is not None for event in events if isinstance(event, Stepped))


@pytest.mark.parametrize("bits", [8, 4, None])
def test_the_recipe_tells_the_bits(bits: int | None) -> None:
    request = replace(REQUEST, weight_bits=bits)
    assert request_from_json(request_to_json(request)) == request


@pytest.mark.parametrize(("told", "taken"), [(6, 8), (5, 4), (2, 4), (16, None), (32, None)])
def test_bits_of_other_programs_become_the_nearest_that_there_are(told: int, taken: int | None) -> None:
    assert request_from_json({"weight_bits": told}).weight_bits == taken


def test_other_bits_are_refused(engine: Engine) -> None:
    with pytest.raises(InvalidRequest, match="8 or 4"):
        list(engine.run(Generate(replace(REQUEST, weight_bits=6))))
