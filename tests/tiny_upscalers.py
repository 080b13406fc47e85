"""Tiny upscalers with random weights, under the names that their makers' programs write."""

from __future__ import annotations

import torch
from torch import Tensor

WIDTH, GROWTH, BLOCKS = 8, 4, 2

Weights = dict[str, Tensor]


def _conv(weights: Weights, name: str, channels: int, made: int, side: int = 3) -> None:
    number = len(weights)
    source = torch.Generator().manual_seed(number)
    weights[f"{name}.weight"] = torch.randn(made, channels, side, side, generator=source) * 0.1
    weights[f"{name}.bias"] = torch.randn(made, generator=source) * 0.1


def esrgan(scale: int = 4, spelling: str = "new", folding: int = 1) -> Weights:
    """Weights of ESRGAN: "new" (Real-ESRGAN), "trunk" (BasicSR) or "numbered" (ESRGAN 2018)."""
    ups = (scale * folding).bit_length() - 1
    names = {
        "new": ("conv_first", "body.{}.rdb{}.conv{}", "conv_body", "conv_up{}", "conv_hr", "conv_last"),
        "trunk": ("conv_first", "RRDB_trunk.{}.RDB{}.conv{}", "trunk_conv", "upconv{}", "HRconv", "conv_last"),
    }
    numbered = ("model.0", "model.1.sub.{}.RDB{}.conv{}.0", f"model.1.sub.{BLOCKS}")
    first, inner, trunk, up, large, last = names.get(
        spelling, (*numbered, "", f"model.{2 + 3 * ups}", f"model.{4 + 3 * ups}")
    )
    weights: Weights = {}
    _conv(weights, first, 3 * folding**2, WIDTH)
    for block in range(BLOCKS):
        for dense in range(1, 4):
            for k in range(5):
                made = GROWTH if k < 4 else WIDTH
                _conv(weights, inner.format(block, dense, k + 1), WIDTH + k * GROWTH, made)
    _conv(weights, trunk, WIDTH, WIDTH)
    for k in range(1, ups + 1):
        _conv(weights, up.format(k) if up else f"model.{3 * k}", WIDTH, WIDTH)
    _conv(weights, large, WIDTH, WIDTH)
    _conv(weights, last, WIDTH, 3)
    return weights


def compact(scale: int = 4, depth: int = 2) -> Weights:
    """Weights of Real-ESRGAN's "Compact"."""
    weights: Weights = {}
    for layer in range(depth + 2):
        made = 3 * scale**2 if layer == depth + 1 else WIDTH
        _conv(weights, f"body.{2 * layer}", WIDTH if layer else 3, made)
        if layer <= depth:
            weights[f"body.{2 * layer + 1}.weight"] = torch.full((WIDTH,), 0.1 * (layer + 1))
    return weights


def span(scale: int = 4, depth: int = 6, *, is_centred: bool = True) -> Weights:
    """Weights of SPAN as they are trained, with stale folded convolutions beside the chains."""
    weights: Weights = {}

    def chain(name: str, channels: int) -> None:
        _conv(weights, f"{name}.sk", channels, WIDTH, 1)
        _conv(weights, f"{name}.conv.0", channels, 2 * channels, 1)
        _conv(weights, f"{name}.conv.1", 2 * channels, 2 * WIDTH)
        _conv(weights, f"{name}.conv.2", 2 * WIDTH, WIDTH, 1)
        _conv(weights, f"{name}.eval_conv", channels, WIDTH)

    chain("conv_1", 3)
    for block in range(1, depth + 1):
        for layer in range(1, 4):
            chain(f"block_{block}.c{layer}_r", WIDTH)
    chain("conv_2", WIDTH)
    _conv(weights, "conv_cat", 4 * WIDTH, WIDTH, 1)
    _conv(weights, "upsampler.0", WIDTH, 3 * scale**2)
    return weights if is_centred else {**weights, "no_norm": torch.zeros(1)}
