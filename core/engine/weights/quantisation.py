"""Weights in 8 or 4 bits: less memory for a picture that differs a little. Only ever by explicit choice.

The numbers are those of ggml's formats Q8_0 and Q4_1 (``ggml-quants.c`` of llama.cpp): blocks of 32 weights along
a row share a scale, in 4 bits also an offset; rounded to the nearest, without calibration. Layers keep their
classes, so that offloading, LoRAs and probes know them; their ``weight`` is rebuilt in the dtype of the scales at
each use (`core.engine.weights.packed_layers`). ``codes``: int8 (rows, blocks, 32), or uint8 (rows, blocks, 16)
with two of 4 bits each; ``scales`` and ``offsets``: (rows, blocks, 1).

Other quantisers were measured and left out: torchao packs no convolutions, which are most of a Stable Diffusion
network, and adds 28 MB; optimum-quanto could not use its 4 bits under inference mode; float8 storage (diffusers'
layerwise casting) has twice the error of these 8 bits, and Apple GPUs do not know it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch.nn import functional

from core.engine.weights.forms import OWN_4_BITS, OWN_8_BITS
from core.engine.weights.packed_layers import PackedConv2d, PackedLinear, ask_less, pack
from core.models.model_weights import QUANTISED_BLOCK as BLOCK

KEPT_WHOLE = frozenset(
    {
        "conv_in",
        "conv_out",
        "time_embedding",
        "add_embedding",
        "t_embedder",
        "cap_embedder",
        "all_x_embedder",
        "all_final_layer",
    }
)
"""Few weights, on which every value of the picture depends: what leads into a network and out of it."""


class QuantisedLinear(PackedLinear):
    """A linear layer with packed weights."""


class QuantisedConv2d(PackedConv2d):
    """A convolution with packed weights."""


_QUANTISED: Mapping[type, type] = MappingProxyType(
    {torch.nn.Linear: QuantisedLinear, torch.nn.Conv2d: QuantisedConv2d}
)


def quantise(part: torch.nn.Module, bits: int, device: torch.device | None = None) -> None:
    """Packs the weights of all linear layers and convolutions of a network, one after the other; 8 or 4 bits.

    Each is computed on ``device`` and stays there: a GPU takes a second where a processor takes a minute.
    """
    for name, layer in part.named_modules():
        kind = _QUANTISED.get(type(layer))
        if kind is not None and name.split(".")[0] not in KEPT_WHOLE:
            _pack(layer, kind, bits, device)
    ask_less(part)


def _pack(layer: Any, kind: type, bits: int, device: torch.device | None) -> None:
    weight: torch.Tensor = layer.weight.data.to(device)
    rows = weight.flatten(1).float()
    rows = functional.pad(rows, (0, -rows.shape[1] % BLOCK))
    blocks = rows.view(rows.shape[0], -1, BLOCK)
    codes, scales, offsets = _in_8_bits(blocks, weight.dtype) if bits == 8 else _in_4_bits(blocks, weight.dtype)
    tensors = {"codes": codes, "scales": scales, **({} if offsets is None else {"offsets": offsets})}
    pack(layer, OWN_8_BITS if bits == 8 else OWN_4_BITS, tensors, weight.dtype, kind)


def _in_8_bits(blocks: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, None]:
    scales = (blocks.abs().amax(-1, keepdim=True) / 127).to(dtype)
    codes = (blocks / _not_zero(scales)).round().clamp(-127, 127)
    return codes.to(torch.int8), scales, None


def _in_4_bits(blocks: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    offsets = blocks.amin(-1, keepdim=True).to(dtype)
    scales = ((blocks.amax(-1, keepdim=True) - offsets.float()) / 15).to(dtype)
    codes = ((blocks - offsets.float()) / _not_zero(scales)).round().clamp(0, 15).to(torch.uint8)
    low, high = codes.chunk(2, dim=-1)
    return low | high << 4, scales, offsets


def _not_zero(scales: torch.Tensor) -> torch.Tensor:
    return torch.where(scales == 0, 1.0, scales.float())
