"""Upscaling networks against a second, plain evaluation of their papers' formulas from the weights alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from safetensors.torch import save_file
from torch import Tensor

from core.engine.upscaling.reading import read_network
from core.errors import UpscalerBroken
from core.upscalers.file import read_upscaler
from tests.tiny_upscalers import BLOCKS, Weights, compact, esrgan, span


def conv(weights: Weights, name: str, x: Tensor, padding: int = 1) -> Tensor:
    return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=padding)


def plain_esrgan(weights: Weights, x: Tensor, folding: int = 1) -> Tensor:
    x = F.pixel_unshuffle(x, folding)
    first = made = conv(weights, "conv_first", x)
    for block in range(BLOCKS):
        inner = made
        for dense in range(1, 4):
            seen = [inner]
            for k in range(1, 5):
                name = f"body.{block}.rdb{dense}.conv{k}"
                seen.append(F.leaky_relu(conv(weights, name, torch.cat(seen, 1)), 0.2))
            inner = inner + 0.2 * conv(weights, f"body.{block}.rdb{dense}.conv5", torch.cat(seen, 1))
        made = made + 0.2 * inner
    made = first + conv(weights, "conv_body", made)
    for name in sorted({name.split(".")[0] for name in weights if name.startswith("conv_up")}):
        made = F.leaky_relu(conv(weights, name, made.repeat_interleave(2, 2).repeat_interleave(2, 3)), 0.2)
    return conv(weights, "conv_last", F.leaky_relu(conv(weights, "conv_hr", made), 0.2))


def plain_compact(weights: Weights, x: Tensor) -> Tensor:
    last = max(int(name.split(".")[1]) for name in weights)
    made = x
    for layer in range(0, last, 2):
        made = F.prelu(conv(weights, f"body.{layer}", made), weights[f"body.{layer + 1}.weight"])
    made = F.pixel_shuffle(conv(weights, f"body.{last}", made), scale := made_scale(weights, last))
    return made + x.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


def made_scale(weights: Weights, last: int) -> int:
    return round((weights[f"body.{last}.bias"].numel() // 3) ** 0.5)


def plain_span(weights: Weights, x: Tensor) -> Tensor:
    def chain(name: str, x: Tensor) -> Tensor:
        inner = conv(weights, f"{name}.conv.0", F.pad(x, (1, 1, 1, 1)), 0)
        inner = conv(weights, f"{name}.conv.2", conv(weights, f"{name}.conv.1", inner, 0), 0)
        return inner + conv(weights, f"{name}.sk", x, 0)

    if "no_norm" not in weights:
        x = (x - torch.tensor([0.4488, 0.4371, 0.4040])[:, None, None]) * 255
    first = made = chain("conv_1", x)
    blocks: list[tuple[Tensor, Tensor]] = []
    for block in range(1, 7):
        inner = F.silu(chain(f"block_{block}.c1_r", made))
        third = chain(f"block_{block}.c3_r", F.silu(chain(f"block_{block}.c2_r", inner)))
        made = (third + made) * (torch.sigmoid(third) - 0.5)
        blocks.append((made, inner))
    joined = torch.cat((first, chain("conv_2", made), blocks[0][0], blocks[-1][1]), 1)
    made = conv(weights, "upsampler.0", conv(weights, "conv_cat", joined, 0))
    return F.pixel_shuffle(made, round((made.shape[1] // 3) ** 0.5))


@pytest.mark.parametrize(
    ("weights", "scale", "plain"),
    [
        *((esrgan(scale), scale, plain_esrgan) for scale in (1, 2, 4, 8)),
        (esrgan(2, folding=2), 2, partial(plain_esrgan, folding=2)),
        *((compact(scale, depth), scale, plain_compact) for scale, depth in ((1, 1), (2, 3), (4, 2))),
        (span(4), 4, plain_span),
        (span(2, is_centred=False), 2, plain_span),
    ],
)
def test_a_network_follows_its_formula(
    weights: Weights, scale: int, plain: Callable[[Weights, Tensor], Tensor], tmp_path: Path
) -> None:
    save_file(weights, tmp_path / "up.safetensors")
    network, kind = read_network(tmp_path / "up.safetensors", "", None)
    assert (
        kind.scale
        == scale
        == (read := read_upscaler(tmp_path / "up.safetensors").kind or kind).scale
        == read.scale
    )
    x = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    made, expected = network(x), plain({name: one.double() for name, one in weights.items()}, x.double())
    assert made.shape[2:] == (12 * scale, 10 * scale)
    assert float((made - expected).abs().max() / expected.abs().max()) < 3e-6


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("spelling", ["trunk", "numbered"])
@pytest.mark.parametrize("wrapper", ["", "params_ema.", "module.", "params.module."])
def test_all_spellings_are_one_network(scale: int, spelling: str, wrapper: str, tmp_path: Path) -> None:
    save_file(esrgan(scale), tmp_path / "new.safetensors")
    spelt = {f"{wrapper}{name}": one for name, one in esrgan(scale, spelling).items()}
    save_file(spelt, tmp_path / "old.safetensors")
    networks = [read_network(tmp_path / f"{name}.safetensors", "", None)[0] for name in ("new", "old")]
    x = torch.rand(1, 3, 6, 5)
    assert torch.equal(networks[0](x), networks[1](x))


@pytest.mark.parametrize("weights", [esrgan(), compact(), span()])
def test_a_file_without_one_of_its_weights_is_refused(weights: Weights, tmp_path: Path) -> None:
    for name in list(weights)[:: max(1, len(weights) // 7)]:
        if "eval_conv" in name:
            continue  # made from the others
        save_file({key: one for key, one in weights.items() if key != name}, tmp_path / "up.safetensors")
        with pytest.raises(UpscalerBroken, match=r"not an upscaler of a kind|do not fit a network"):
            read_network(tmp_path / "up.safetensors", "", None)


@pytest.mark.parametrize(("name", "place"), [("up.safetensors", "torch.Tensor.float"), ("up.pth", "torch.load")])
def test_too_little_memory_is_no_fault_of_the_file(
    name: str, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save = save_file if name.endswith("safetensors") else torch.save
    save(esrgan(), tmp_path / name)
    with monkeypatch.context() as full:
        full.setattr(place, lambda *_rest, **_options: torch.empty(1 << 50))  # pyright: ignore
        with pytest.raises(RuntimeError, match="allocate"):
            read_network(tmp_path / name, "", None)
    assert read_network(tmp_path / name, "", None)[1].architecture == "ESRGAN"


def test_folded_files_of_span_work_as_they_are(tmp_path: Path) -> None:
    from core.engine.upscaling.span import folded

    small = {name: one.contiguous() for name, one in folded(span()).items()}
    assert not [name for name in small if re.search(r"\.(sk|conv)\.", name)]
    save_file(span(), tmp_path / "trained.safetensors")
    save_file(small, tmp_path / "folded.safetensors")
    networks = [read_network(tmp_path / f"{name}.safetensors", "", None)[0] for name in ("trained", "folded")]
    x = torch.rand(1, 3, 6, 5)
    assert torch.allclose(networks[0](x), networks[1](x), atol=1e-3)
