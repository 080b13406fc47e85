"""The blocks for the processor give the numbers of diffusers' own, and leave what they are given as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from weakref import ref

import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor, AttnProcessor2_0
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch.nn.functional import interpolate

from core.engine.networks import processor_blocks
from core.engine.networks.processor_blocks import (
    ProcessorAttention,
    ProcessorResnetBlock2D,
    ProcessorUpsample2D,
    use_processor_layers,
)
from core.engine.networks.processor_layers import ProcessorConv2d, deferred, plain_weight
from tests import tiny

DTYPES = (torch.float32, torch.bfloat16)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("channels_out", "options"),
    [
        (32, {"temb_channels": None, "time_embedding_norm": "group"}),  # those of autoencoders
        (48, {"temb_channels": None, "non_linearity": "gelu"}),
        (32, {"temb_channels": 24}),
        (48, {"temb_channels": 24, "output_scale_factor": 1.4}),
        (32, {"temb_channels": 48, "skip_time_act": True}),
        (32, {"temb_channels": 24, "time_embedding_norm": "scale_shift"}),
        (48, {"temb_channels": 48, "time_embedding_norm": "scale_shift", "skip_time_act": True}),
        (32, {"temb_channels": 24, "time_embedding_norm": "scale_shift", "down": True}),
    ],
    ids=str,
)
@torch.inference_mode()
def test_a_residual_block_gives_the_numbers_of_diffusers_and_leaves_its_inputs_as_they_are(
    channels_out: int, options: dict[str, Any], layout: torch.memory_format, dtype: torch.dtype
) -> None:
    torch.manual_seed(3)
    ours, plain = (
        ResnetBlock2D(in_channels=32, out_channels=channels_out, groups=8, **options).to(dtype).eval()
        for _ in range(2)
    )
    plain.load_state_dict(ours.state_dict())
    for block in (ours, plain):
        use_processor_layers(block)
    plain.__class__ = ResnetBlock2D
    assert type(ours) is ProcessorResnetBlock2D
    x = torch.randn(2, 32, 17, 14).to(dtype).contiguous(memory_format=layout)
    width = options["temb_channels"]
    given: list[Any] = [x, torch.randn(2, width).to(dtype) if width else None]
    kept = [one.clone() for one in given if one is not None]
    for _ in range(2):  # packs first
        found, expected = ours(*given), plain(*given)
        assert torch.equal(found, expected)
        assert found.stride() == expected.stride()
    assert all(torch.equal(one, copy) for one, copy in zip(given, kept, strict=False))


@torch.inference_mode()
def test_a_decoder_makes_room_before_each_larger_size_and_block_and_an_encoder_or_network_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[int] = []
    monkeypatch.setattr(processor_blocks, "_ROOM_BYTES", 0)
    monkeypatch.setattr(processor_blocks, "give_memory_back", lambda: given.append(1))
    networks: list[Any] = [tiny.autoencoder().eval(), tiny.autoencoder().eval(), tiny.unet().eval()]
    vae, plain, unet = networks
    vae.load_state_dict(plain.state_dict())
    for network in (vae, unet, vae):  # again, as an autoencoder that comes back
        use_processor_layers(network)
    latents = torch.randn(1, 4, 8, 8)
    vae.decode(latents)  # packs
    given.clear()
    torch.testing.assert_close(vae.decode(latents).sample, plain.decode(latents).sample, rtol=1e-4, atol=1e-4)
    blocks = [part for part in vae.decoder.modules() if isinstance(part, ResnetBlock2D)]
    assert len(given) == len(vae.config.block_out_channels) - 1 + len(blocks)
    for _ in range(2):  # the first time packs
        given.clear()
        vae.encode(torch.randn(1, 3, 16, 16))
        unet(latents, 1, torch.randn(1, 7, unet.config.cross_attention_dim))
    assert not given


def enlargers(dtype: torch.dtype = torch.float32, **options: Any) -> tuple[Any, Any]:
    """Returns a block that enlarges on the processor, and one of diffusers' with the same weights."""
    torch.manual_seed(3)
    options = {"use_conv": True} | options
    ours, plain = (Upsample2D(64, **options).to(dtype).eval() for _ in range(2))
    plain.load_state_dict(ours.state_dict())
    use_processor_layers(ours)
    return ours, plain


def distance(ours: torch.Tensor, truth: torch.Tensor) -> float:
    return float((ours.double() - truth).norm() / truth.norm())


@pytest.mark.parametrize("options", [{}, {"out_channels": 80}, {"bias": False}], ids=str)
@torch.inference_mode()
def test_what_is_enlarged_is_what_diffusers_makes_but_for_the_last_bits(options: dict[str, Any]) -> None:
    ours, plain = enlargers(**options)
    for height, width in ((8, 6), (1, 1), (1, 5), (33, 2), (8, 6)):
        x = torch.randn(2, 64, height, width)
        kept = x.clone()
        found = ours(x)
        assert distance(found, plain(x)) < 1e-6
        assert found.shape == plain(x).shape
        assert found.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(x, kept)
    assert isinstance(ours, ProcessorUpsample2D)
    assert not cast("Any", ours).conv.weight.is_mkldnn, "it is not called"
    assert torch.equal(ours(x, (16, 12)), ours(x))


@torch.inference_mode()
def test_what_is_enlarged_is_nearer_to_the_truth_than_by_one_convolution_in_the_same_layout() -> None:
    torch.manual_seed(3)
    ours: Any = Upsample2D(320, use_conv=True).eval()
    use_processor_layers(ours)
    x = torch.randn(1, 320, 12, 10)
    large = interpolate(x, scale_factor=2.0, mode="nearest")
    found, one = ours(x), ProcessorConv2d.forward(ours.conv, large)
    truth = Upsample2D(320, use_conv=True).double()
    truth.load_state_dict({"conv.weight": plain_weight(ours.conv).double(), "conv.bias": ours.conv.bias.double()})
    exact = truth(x.double())
    assert distance(found, exact) < distance(one, exact) < 2e-6


def doubled(_layer: Any, given: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    return (2 * given[0],)


@torch.inference_mode()
def test_other_sizes_numbers_and_changed_layers_are_enlarged_as_diffusers_does() -> None:
    ours, plain = enlargers(bias=False)
    x = torch.randn(1, 64, 8, 6)
    expected = ours(x)
    torch.testing.assert_close(ours(x, (17, 11)), plain(x, (17, 11)))
    handle = ours.conv.register_forward_pre_hook(doubled)
    torch.testing.assert_close(ours(x), 2 * expected)
    handle.remove()
    assert torch.equal(ours(x), expected)
    ours.conv.weight = torch.nn.Parameter(2 * plain.conv.weight, requires_grad=False)
    torch.testing.assert_close(ours(x), 2 * expected)
    half, other = enlargers(torch.bfloat16)
    torch.testing.assert_close(half(x.bfloat16()), other(x.bfloat16()))


def test_the_sums_follow_weights_that_change_in_their_place() -> None:
    ours, plain = enlargers()
    x = torch.randn(1, 64, 8, 6)
    changes: tuple[Callable[[Any], object], ...] = (
        lambda block: block.conv.weight.mul_(2),
        lambda block: block.load_state_dict({name: 3 * value for name, value in plain.state_dict().items()}),
        lambda block: block.to(torch.bfloat16).to(torch.float32),
        lambda block: setattr(block.conv, "bias", torch.nn.Parameter(torch.randn(64))),
    )
    with torch.no_grad():
        for change in changes:
            assert torch.isfinite(ours(x)).all()  # makes them
            torch.manual_seed(5)
            change(ours)
            torch.manual_seed(5)
            change(plain)
            torch.testing.assert_close(ours(x), plain(x))


@torch.inference_mode()
def test_sums_that_are_not_used_take_no_room() -> None:
    ours, _ = enlargers()
    x = torch.randn(1, 64, 8, 6)
    ours(x)
    sums = ref(ours._minimal)
    ours(x, (17, 11))
    assert sums() is not None, "another size may come once"
    handle = ours.conv.register_forward_pre_hook(doubled)
    ours(x)
    handle.remove()
    assert sums() is None


@pytest.mark.parametrize(
    "options", [{"use_conv": False}, {"use_conv_transpose": True}, {"kernel_size": 1, "padding": 0}], ids=str
)
@torch.inference_mode()
def test_what_enlarges_in_another_way_goes_on_to(options: dict[str, Any]) -> None:
    ours, plain = enlargers(**options)
    x = torch.randn(1, 64, 8, 6)
    torch.testing.assert_close(ours(x), plain(x))


@torch.inference_mode()
def test_a_weight_that_is_read_when_it_is_needed_is_read_to_enlarge() -> None:
    ours, plain = (cast("Any", Upsample2D(512, use_conv=True)) for _ in range(2))
    value, x = plain.conv.weight.detach(), torch.randn(1, 512, 3, 2)
    ours.conv.bias = plain.conv.bias
    place = deferred(ours, "conv.weight", torch.float32, lambda: value)
    assert place is not None, "it is large enough to wait"
    ours.conv.weight = torch.nn.Parameter(place, requires_grad=False)
    use_processor_layers(ours)
    torch.testing.assert_close(ours(x), plain(x))


def attentions(dtype: torch.dtype, width: int | None, **options: Any) -> tuple[Any, Any]:
    """Returns an attention for the processor, and one of diffusers with the same weights."""
    torch.manual_seed(3)
    ours, plain = (Attention(32, width, heads=4, dim_head=8, **options).to(dtype).eval() for _ in range(2))
    plain.load_state_dict(ours.state_dict())
    for one in (ours, plain):
        use_processor_layers(one)
    plain.__class__ = Attention
    return ours, plain


class Doubled(AttnProcessor2_0):
    """A processor that somebody else has put in."""

    def __call__(self, *args: Any, **options: Any) -> torch.Tensor:
        return 2 * super().__call__(*args, **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [None, 24])
@pytest.mark.parametrize("processor", [AttnProcessor2_0, AttnProcessor, Doubled])
@torch.inference_mode()
def test_attention_gives_the_numbers_of_diffusers_with_each_processor(
    processor: Callable[[], object], width: int | None, dtype: torch.dtype
) -> None:
    ours, plain = attentions(dtype, width, bias=width is None)
    x, text = torch.randn(2, 35, 32).to(dtype), torch.randn(2, 7, 24).to(dtype) if width else None
    mask = torch.randn(2, 1, 7 if width else 35).to(dtype)
    for one in (ours, plain):
        one.processor = processor()
    assert torch.equal(ours(x, text), plain(x, text))
    assert torch.equal(ours(x, text, mask), plain(x, text, mask))
    assert not torch.equal(ours(x, text, mask), ours(x, text))
    assert type(ours) is ProcessorAttention


@pytest.mark.parametrize(
    "options",
    [
        {"norm_num_groups": 4},
        {"residual_connection": True},
        {"rescale_output_factor": 1.4},
        {"qk_norm": "layer_norm"},
        {"cross_attention_norm": "layer_norm"},
        {"spatial_norm_dim": 24},
    ],
    ids=str,
)
def test_attention_that_does_more_stays_as_it_is(options: dict[str, Any]) -> None:
    ours, _ = attentions(torch.float32, 24, **options)
    assert type(ours) is Attention
