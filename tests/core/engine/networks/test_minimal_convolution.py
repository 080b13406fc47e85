"""Convolutions with fewer products give the numbers of the others but for the last bits, each time the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import Conv2d
from torch.nn.functional import conv2d, interpolate

from core.engine.engine import Engine
from core.engine.networks import minimal_convolution
from core.engine.networks.minimal_convolution import MinimalConvolution, WinogradConv2d, use_winograd
from core.engine.networks.minimal_filtering import PAIR, QUAD, REPEATED, Filtering
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.networks.processor_layers import ProcessorConv2d, deferred, keep_weight, plain_weight
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady
from core.runs.operations import Generate
from tests import tiny

SIZES = [(1, 1), (1, 2), (2, 1), (3, 3), (8, 6), (7, 9), (33, 2), (5, 64), (40, 40)]
"""Heights and widths: even and odd, less than two or four, and several bands."""

FILTERINGS = pytest.mark.parametrize(
    "filtering", [PAIR, QUAD, REPEATED], ids=["two neighbours", "four neighbours", "repeated"]
)


def layer(channels_in: int, channels_out: int, **options: Any) -> Any:
    torch.manual_seed(1)
    made = Conv2d(channels_in, channels_out, 3, padding=1, **options).requires_grad_(requires_grad=False)
    use_processor_layers(made)
    return made


def winograd(channels_in: int = 256, channels_out: int = 256, **options: Any) -> Any:
    made = layer(channels_in, channels_out, **options)
    assert type(made) is WinogradConv2d
    return made


def truth(of: Any, x: torch.Tensor, filtering: Filtering) -> torch.Tensor:
    x = interpolate(x.double(), scale_factor=2.0, mode="nearest") if filtering is REPEATED else x.double()
    return conv2d(x, plain_weight(of).double(), None if of.bias is None else of.bias.double(), padding=1)


def distance(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found.double() - exact).norm() / exact.norm())


@pytest.mark.parametrize("bias", [True, False])
@FILTERINGS
@torch.inference_mode()
def test_pictures_of_every_size_are_convolved_as_in_float64(filtering: Filtering, bias: bool) -> None:
    own = layer(24, 40, bias=bias)
    minimal = MinimalConvolution(filtering, own)
    for batch in (1, 2, 3):
        for height, width in SIZES:
            x = torch.randn(batch, 24, height, width)
            kept, exact = x.clone(), truth(own, x, filtering)
            found = minimal(x)
            assert found.shape == exact.shape
            assert found.is_contiguous(memory_format=torch.channels_last)
            assert distance(found, exact) < (2e-6 if filtering is QUAD else 1e-6)
            assert torch.equal(x, kept)


@FILTERINGS
@torch.inference_mode()
def test_numbers_are_the_same_to_the_bit_whatever_was_made_before(filtering: Filtering) -> None:
    own, used = layer(96, 96), MinimalConvolution(filtering, layer(96, 96))
    for _ in range(2):
        for height, width in SIZES:
            torch.manual_seed(2)
            x = torch.randn(2, 96, height, width)
            assert torch.equal(used(x), MinimalConvolution(filtering, own)(x))


@FILTERINGS
@torch.inference_mode()
def test_bands_leave_no_seam(filtering: Filtering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimal_convolution, "_VALUES", 0)
    minimal, x = MinimalConvolution(filtering, layer(96, 96)), torch.randn(3, 96, 22, 18)
    found: list[torch.Tensor] = []
    for products in (1, 300, 1500, 4000, 2**16):
        monkeypatch.setattr(minimal_convolution, "_PRODUCTS", products)
        found.append(minimal(x))
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("channels", [256, 640])
@torch.inference_mode()
def test_fewer_products_are_nearer_to_the_truth_than_one_convolution_in_the_same_layout(channels: int) -> None:
    ours, x = winograd(channels, channels), torch.randn(2, channels, 16, 16)
    exact = truth(ours, x, PAIR)
    assert distance(ours(x), exact) < distance(ProcessorConv2d.forward(ours, x), exact) < 2e-6


@pytest.mark.parametrize("channels", [128, 512])
@torch.inference_mode()
def test_a_quarter_of_the_products_stays_within_three_times_that_distance(channels: int) -> None:
    own, x = layer(channels, channels), torch.randn(1, channels, 16, 16)
    exact = truth(own, x, QUAD)
    one = distance(ProcessorConv2d.forward(own, x), exact)
    assert distance(MinimalConvolution(QUAD, own)(x), exact) < 3 * one


@torch.inference_mode()
def test_what_the_private_operator_refuses_is_made_by_torch(
    monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    expected_warnings.append("computed by torch's own operator")
    ours, x = winograd(), torch.randn(1, 256, 8, 6)
    expected = ours(x)
    monkeypatch.setattr("core.engine.networks.processor_layers._operators", None)
    other = winograd()
    torch.testing.assert_close(other(x), expected)
    assert type(other) is Conv2d
    torch.testing.assert_close(other(x), expected)


def test_other_processors_stay_with_one_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "DEFAULT")
    assert type(layer(256, 256)) is ProcessorConv2d


@pytest.mark.parametrize(
    ("channels_in", "channels_out", "often", "once"),
    [
        (320, 320, True, True),  # of the U-Net of Stable Diffusion, from here
        (1920, 640, True, True),
        (1280, 1280, False, False),
        (2560, 1280, False, False),
        (320, 4, False, False),
        (128, 128, False, True),  # of its autoencoder, and of the starter model's U-Net
        (64, 64, False, False),  # of tiny autoencoders
        (32, 512, False, False),  # of FLUX.2's decoder
    ],
)
def test_layers_are_chosen_by_their_channels(channels_in: int, channels_out: int, often: bool, once: bool) -> None:
    for is_called_often, expected in ((True, often), (False, once)):
        own = ProcessorConv2d(channels_in, channels_out, 3, padding=1, device="meta")
        use_winograd(own, is_called_often)
        assert (type(own) is WinogradConv2d) is expected


def test_the_layers_of_an_autoencoder_are_called_once() -> None:
    network = torch.nn.ModuleDict({name: Conv2d(256, 256, 3, padding=1) for name in ("decoder", "down")})
    network["encoder"] = torch.nn.Sequential(Conv2d(256, 256, 3, padding=1))
    network["decoder"] = torch.nn.Sequential(network["decoder"])
    use_processor_layers(network)
    own: Any = network
    assert [own.decoder[0].is_called_often, own.encoder[0].is_called_often] == [False, False]
    assert own.down.is_called_often


@pytest.mark.parametrize(
    "options",
    [{"stride": 2}, {"kernel_size": 1, "padding": 0}, {"padding": 0}, {"dilation": 2}, {"groups": 2}],
    ids=str,
)
@torch.inference_mode()
def test_other_forms_of_layers_stay_as_they_are(options: dict[str, Any]) -> None:
    form: dict[str, Any] = {"kernel_size": 3, "padding": 1} | options
    own = Conv2d(256, 256, **form)
    use_processor_layers(own)
    assert type(own) is ProcessorConv2d


def test_sums_follow_weights_that_change() -> None:
    ours, x = winograd(), torch.randn(1, 256, 8, 6)
    with torch.no_grad():
        for change in (
            lambda: ours.weight.mul_(2),
            lambda: ours.bias.add_(1),
            lambda: setattr(ours, "weight", torch.nn.Parameter(3 * ours.weight, requires_grad=False)),
            lambda: setattr(ours, "bias", None),
            lambda: ours.to(torch.bfloat16).to(torch.float32),
        ):
            ours(x)
            change()
            assert distance(ours(x), truth(ours, x, PAIR)) < 1e-6


@torch.inference_mode()
def test_half_precision_is_made_in_the_other_way() -> None:
    ours, x = winograd(dtype=torch.bfloat16), torch.randn(1, 256, 8, 6).bfloat16()
    assert ours(x).dtype is torch.bfloat16
    assert ours.weight.is_mkldnn


@torch.inference_mode()
def test_weights_that_wait_in_their_file_are_read_once_and_stay_there() -> None:
    own, read = Conv2d(512, 512, 3, padding=1), []
    value = own.weight.detach()

    def reads() -> torch.Tensor:
        read.append(1)
        return value

    place = deferred(torch.nn.Sequential(own), "0.weight", torch.float32, reads)
    assert place is not None
    own.weight = torch.nn.Parameter(place, requires_grad=False)
    use_processor_layers(own)
    for side in (8, 8, 6, 6):
        x = torch.randn(1, 512, side, side)
        torch.testing.assert_close(own(x), conv2d(x, value, own.bias, padding=1))
    assert len(read) == 1
    assert own.weight.untyped_storage().nbytes() == 4, "the place holder"
    keep_weight(own)  # as a LoRA that needs it
    for _ in range(3):
        torch.testing.assert_close(own(x), conv2d(x, value, own.bias, padding=1))
        assert torch.equal(plain_weight(own), value)
    assert len(read) == 2


@torch.inference_mode()
def test_an_autoencoder_keeps_nothing_and_makes_small_pictures_in_other_ways() -> None:
    ours, plain = winograd(512, 512), layer(512, 512)
    ours.is_called_often = False
    small, middling, large = (torch.randn(1, 512, 16, width) for width in (16, 66, 256))
    direct = ProcessorConv2d.forward(plain, small)
    pairs, quads = MinimalConvolution(PAIR, plain)(middling), MinimalConvolution(QUAD, plain)(large)
    for _ in range(3):
        assert torch.equal(ours(small), direct)
        assert torch.equal(ours(small), direct)
        assert ours.weight.is_mkldnn
        for picture, made in ((middling, pairs), (large, quads)):
            assert torch.equal(ours(picture), made)
            assert not ours.weight.is_mkldnn
            assert ours._minimal is None


def test_whole_pictures_are_nearly_those_of_plain_layers_and_repeated_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny.stable_diffusion(tmp_path / "tiny")
    request = GenerationRequest("abc", model="tiny", size=Size(64, 72), steps=4, guidance_scale=4.0, seed=7)

    def picture(engine: Engine, size: Size = request.size) -> np.ndarray[Any, Any]:
        run = engine.run(Generate(replace(request, size=size)))
        return next(event for event in run if isinstance(event, ImageReady)).image.pixels

    plain = picture(Engine(Catalogue((folder.parent,)), device="cpu", dtype="float32"))
    for limit in ("_CHANNELS", "_CHANNELS_OFTEN", "_CHANNELS_ONCE", "_MANY_PLACES"):
        monkeypatch.setattr(minimal_convolution, limit, 0)
    engine = Engine(Catalogue((folder.parent,)), device="cpu", dtype="float32")
    first = picture(engine)
    loaded: Any = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    for layer in (loaded.family.network().conv_in, loaded.family.autoencoder().decoder.conv_in):
        assert type(layer) is WinogradConv2d
    assert np.abs(first.astype(int) - plain).max() <= 1
    picture(engine, Size(40, 96))
    assert np.array_equal(picture(engine), first)
