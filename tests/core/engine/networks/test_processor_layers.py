"""The layers for the processor give the numbers of torch's own, and take no more memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from torch.nn import Conv2d, Linear

from core.engine.engine import Engine
from core.engine.networks import processor_layers
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.networks.processor_layers import (
    ProcessorConv2d,
    ProcessorLinear,
    deferred,
    plain_weight,
)
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.request.samplers import SAMPLERS
from core.runs.events import ImageReady
from core.runs.operations import Generate
from tests import tiny
from tests.parity import stock_latents, stock_pipeline

DTYPES = (torch.float32, torch.bfloat16)
LAYERS = [(4, 32, 3, 1), (32, 32, 3, 1), (32, 64, 3, 2), (96, 64, 3, 1), (3, 16, 3, 1), (16, 3, 3, 1)]
"""Channels in and out, size of the kernel, stride."""


def layers(sizes: tuple[int, int, int, int], dtype: torch.dtype) -> tuple[Any, Conv2d]:
    """Returns a packed convolution, and torch's own in channels_last with the same weights."""
    channels_in, channels_out, kernel, stride = sizes
    torch.manual_seed(1)
    packed, plain = (
        Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, dtype=dtype).requires_grad_(
            requires_grad=False
        )
        for _ in range(2)
    )
    plain.load_state_dict(packed.state_dict())
    use_processor_layers(packed)
    assert type(packed) is ProcessorConv2d
    plain.weight.data = plain.weight.data.contiguous(memory_format=torch.channels_last)
    return packed, plain


def noise(layer: Conv2d, side: int) -> torch.Tensor:
    return torch.randn(2, layer.in_channels, side, side + 2).to(layer.weight.dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", LAYERS)
@torch.inference_mode()
def test_the_numbers_are_those_of_torch_in_channels_last_for_each_size_in_turn(
    sizes: tuple[int, int, int, int], dtype: torch.dtype
) -> None:
    packed, plain = layers(sizes, dtype)
    for side in (16, 8, 8, 33, 16, 16):  # packed for 16, then for 8, then for 16 again
        x = noise(packed, side)
        found = packed(x)
        assert torch.equal(found, plain(x.contiguous(memory_format=torch.channels_last)))
        assert found.is_contiguous(memory_format=torch.channels_last)  # for the next one


@pytest.mark.parametrize("dtype", DTYPES)
@torch.inference_mode()
def test_kernels_of_one_pixel_differ_in_the_last_bits_at_most(dtype: torch.dtype) -> None:
    packed, plain = layers((64, 32, 1, 1), dtype)
    x = noise(packed, 16)
    torch.testing.assert_close(packed(x), plain(x), rtol=1e-5 if dtype is torch.float32 else 1e-2, atol=1e-5)


@torch.inference_mode()
def test_plain_weights_are_gone_after_the_first_call_and_back_in_another_dtype() -> None:
    packed, plain = layers(LAYERS[1], torch.float32)
    x = noise(packed, 8)
    packed(x)
    assert packed.weight.is_mkldnn
    assert packed.weight.shape == plain.weight.shape
    packed.to(torch.bfloat16)
    plain.to(torch.bfloat16)
    assert not packed.weight.is_mkldnn
    assert torch.equal(packed.weight, plain.weight)
    assert torch.equal(packed(x.bfloat16()), plain(x.bfloat16().contiguous(memory_format=torch.channels_last)))


@torch.inference_mode()
def test_a_size_that_comes_once_is_not_packed_for() -> None:
    packed, _ = layers(LAYERS[1], torch.float32)
    for side, packed_for in ((16, 16), (8, 16), (16, 16), (8, 16), (8, 8)):
        packed(noise(packed, side))
        assert packed.packed_for is not None
        assert packed.packed_for[2] == packed_for


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("error", [RuntimeError("no kernel"), TypeError("another signature"), AttributeError()])
@torch.inference_mode()
def test_what_a_private_operator_raises_makes_the_layer_a_plain_one(
    error: Exception, is_packed: bool, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    expected_warnings.append("by torch's own operator")
    packed, plain = layers(LAYERS[1], torch.float32)
    x = noise(packed, 8)
    if is_packed:
        packed(x)
    monkeypatch.setattr(processor_layers, "_operators", Mock(_convolution_pointwise=Mock(side_effect=error)))
    assert torch.allclose(packed(x), plain(x), atol=1e-6)
    assert type(packed) is Conv2d
    assert torch.equal(packed.weight, plain.weight)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 64), (2, 77, 64), (3, 5, 7, 64)])
@pytest.mark.parametrize("few", [0, processor_layers._FEW_PRODUCTS])  # pyright: ignore[reportPrivateUsage]
@torch.inference_mode()
def test_linear_layers_give_the_numbers_of_torch_and_equal_them_in_bfloat16_and_where_they_are_few(
    few: int, shape: tuple[int, ...], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor_layers, "_FEW_PRODUCTS", few)
    torch.manual_seed(1)
    fast, plain = (Linear(64, 48, dtype=dtype) for _ in range(2))
    plain.load_state_dict(fast.state_dict())
    use_processor_layers(fast)
    assert type(fast) is ProcessorLinear
    x = torch.randn(shape).to(dtype)
    is_equal = few or dtype is torch.bfloat16
    torch.testing.assert_close(fast(x), plain(x), rtol=0 if is_equal else 1e-5, atol=0 if is_equal else 1e-6)


@torch.inference_mode()
def test_a_linear_layer_falls_back_too(monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]) -> None:
    expected_warnings.append("by torch's own operator")
    layer, x = Linear(8, 8), torch.randn(2, 8)
    expected = layer(x)
    use_processor_layers(layer)
    monkeypatch.setattr(processor_layers, "_FEW_PRODUCTS", 0)
    monkeypatch.setattr(processor_layers, "_operators", Mock(_linear_pointwise=Mock(side_effect=TypeError)))
    assert torch.equal(layer(x), expected)
    assert type(layer) is Linear


@pytest.mark.parametrize("layer", [Linear(8, 8), Conv2d(8, 8, 1)])
@torch.inference_mode()
def test_too_little_memory_leaves_a_layer_as_it_is(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_layers, "_FEW_PRODUCTS", 0)
    x = torch.randn(1, 8, 8, 8)
    use_processor_layers(layer)
    expected, kind = layer(x), type(layer)
    failing = Mock(side_effect=RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    with monkeypatch.context() as patched:
        patched.setattr(
            processor_layers, "_operators", Mock(_linear_pointwise=failing, _convolution_pointwise=failing)
        )
        with pytest.raises(RuntimeError, match="allocate"):
            layer(x)
    assert type(layer) is kind
    assert torch.equal(layer(x), expected)


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(4, 4, 3, padding="same"),
        Conv2d(4, 4, 3, padding=1, padding_mode="circular"),
        Conv2d(4, 4, 3, dtype=torch.float16),
        Conv2d(4, 4, 3, device="meta"),
    ],
)
def test_other_convolutions_stay_as_they_are(layer: Conv2d) -> None:
    use_processor_layers(layer)
    assert type(layer) is Conv2d


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny.stable_diffusion(folder / "tiny")
    return folder


def stock(folder: Path) -> Any:
    pipe: Any = stock_pipeline(StableDiffusionPipeline, folder / "tiny")
    return pipe


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_run_equals_the_stock_pipeline_in_the_same_layout_and_nearly_the_plain_one(
    sampler: str, folder: Path
) -> None:
    engine = Engine(Catalogue((folder,)), device="cpu", dtype="float32")
    request = GenerationRequest(
        "abc", model="tiny", size=Size(32, 24), sampler=sampler, steps=5, guidance_scale=4.0, seed=7
    )
    done = next(event for event in engine.run(Generate(request)) if isinstance(event, ImageReady))
    loaded: Any = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    for layer in (loaded.family.network().conv_in, loaded.family.autoencoder().decoder.conv_in):
        assert type(layer) is ProcessorConv2d  # whose other last bits pixels may not show
    pipe, plain = stock(folder), stock(folder)
    checkpoint = dict(pipe.scheduler.config)
    use_processor_layers(pipe.unet)
    use_processor_layers(pipe.vae)
    same, other = (stock_latents(one, checkpoint, request, 1) for one in (pipe, plain))
    decoded = pipe.vae.decode(same / pipe.vae.config.scaling_factor).sample
    pixels = (decoded[0] / 2 + 0.5).clamp(0, 1).movedim(0, -1).mul(255).round().byte()
    assert np.array_equal(done.image.pixels, pixels.numpy())
    assert ((same - other).abs().max() / other.abs().max()) < 1e-5


@pytest.mark.parametrize("dtype", DTYPES)
@torch.inference_mode()
def test_the_plain_weight_of_a_layer_can_be_read_before_and_after_its_calls(dtype: torch.dtype) -> None:
    packed, plain = layers((32, 64, 3, 1), dtype)
    assert torch.equal(plain_weight(packed), plain.weight)
    packed(noise(plain, 8))
    assert packed.weight.is_mkldnn
    assert torch.equal(plain_weight(packed), plain.weight)
    waiting, value = Conv2d(512, 512, 3, dtype=dtype), torch.randn(512, 512, 3, 3).to(dtype)
    place = deferred(torch.nn.Sequential(waiting), "0.weight", dtype, lambda: value)
    assert place is not None, "it is large enough to wait"
    assert torch.equal(plain_weight(waiting), value)
