"""SPAN, a network with attention without parameters (Wan et al. 2023, Swift Parameter-free Attention Network).

While it is trained, each convolution of 3x3 is a chain of 1x1, 3x3 and 1x1 beside a 1x1; `folded` makes one of
it. The names of the weights are those of the makers' files, of which only the folded convolutions are kept.
"""

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

_MEAN = (0.4488, 0.4371, 0.4040)
_RANGE = 255.0
_TRAINED = re.compile(r"(.+)\.(?:sk|conv\.\d)\.(?:weight|bias)")


class Span(nn.Module):
    """Enlarges pictures: float (batch, 3, height, width) in [0, 1], not clipped."""

    def __init__(self, width: int, depth: int, scale: int, *, is_centred: bool) -> None:
        super().__init__()
        self.is_centred = is_centred
        self.conv_1 = _Folded(3, width)
        self.blocks = [f"block_{k + 1}" for k in range(depth)]
        for name in self.blocks:
            self.add_module(name, _Block(width))
        self.conv_2 = _Folded(width, width)
        self.conv_cat = nn.Conv2d(width * 4, width, 1)
        self.upsampler = nn.Sequential(nn.Conv2d(width, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))

    def forward(self, pictures: Tensor) -> Tensor:
        """Returns the pictures enlarged."""
        if self.is_centred:
            pictures = (pictures - pictures.new_tensor(_MEAN)[:, None, None]) * _RANGE
        first = made = self.conv_1(pictures)
        early = inner = made
        for number, name in enumerate(self.blocks):
            made, inner = getattr(self, name)(made)
            early = made if number == 0 else early
        return self.upsampler(self.conv_cat(torch.cat((first, self.conv_2(made), early, inner), 1)))


class _Folded(nn.Module):
    def __init__(self, channels: int, made: int) -> None:
        super().__init__()
        self.eval_conv = nn.Conv2d(channels, made, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.eval_conv(x)


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (_Folded(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns what goes on, and what its first convolution made, after SiLU."""
        inner = F.silu(self.c1_r(x))
        made = self.c3_r(F.silu(self.c2_r(inner)))
        return (made + x) * (torch.sigmoid(made) - 0.5), inner


def folded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the weights with one convolution of 3x3 for each chain; those that are folded already stay.

    Raises KeyError for a chain that is not whole.
    """
    names = {match[1] for name in weights if (match := _TRAINED.fullmatch(name))}
    kept = {name: tensor for name, tensor in weights.items() if ".sk." not in name and ".conv." not in name}
    for name in names:
        part = {
            key: weights[f"{name}.{key}"].double()
            for key in (f"conv.{k}.{one}" for k in range(3) for one in ("weight", "bias"))
        }
        first, middle, last = (part[f"conv.{k}.weight"] for k in range(3))
        kernel = torch.einsum("om,mnyx,ni->oiyx", last[..., 0, 0], middle, first[..., 0, 0])
        bias = middle.sum((2, 3)) @ part["conv.0.bias"] + part["conv.1.bias"]
        bias = last[..., 0, 0] @ bias + part["conv.2.bias"] + weights[f"{name}.sk.bias"].double()
        kernel[..., 1:2, 1:2] += weights[f"{name}.sk.weight"].double()
        dtype = weights[f"{name}.sk.weight"].dtype
        kept[f"{name}.eval_conv.weight"], kept[f"{name}.eval_conv.bias"] = kernel.to(dtype), bias.to(dtype)
    return {name: tensor for name, tensor in kept.items() if name != "no_norm"}
