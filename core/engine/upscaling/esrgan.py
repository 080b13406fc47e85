"""ESRGAN's network of dense residual blocks (Wang et al. 2018, ESRGAN, section 3.1; Real-ESRGAN's for scale 2).

The names of its weights are those of Real-ESRGAN's files.
"""

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

_SLOPE = 0.2
_RESIDUAL = 0.2


class Esrgan(nn.Module):
    """Enlarges pictures: float (batch, 3, height, width) in [0, 1], not clipped.

    Args:
        ups: how often the size is doubled at the end.
        folding: side of the squares of pixels that become channels first; height and width are multiples of it.
    """

    def __init__(self, width: int, depth: int, growth: int, ups: int, folding: int = 1) -> None:
        super().__init__()
        self.folding = folding
        self.conv_first = _conv(3 * folding**2, width)
        self.body = nn.Sequential(*(_Block(width, growth) for _ in range(depth)))
        self.conv_body = _conv(width, width)
        self.ups = [f"conv_up{k + 1}" for k in range(ups)]
        for name in self.ups:
            self.add_module(name, _conv(width, width))
        self.conv_hr = _conv(width, width)
        self.conv_last = _conv(width, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        """Returns the pictures enlarged."""
        if self.folding > 1:
            pictures = F.pixel_unshuffle(pictures, self.folding)
        made = self.conv_first(pictures)
        made = made + self.conv_body(self.body(made))
        for name in self.ups:
            made = _bent(getattr(self, name)(F.interpolate(made, scale_factor=2, mode="nearest")))
        return self.conv_last(_bent(self.conv_hr(made)))


class _Block(nn.Module):
    """A residual of three dense blocks."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(width, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return x + _RESIDUAL * self.rdb3(self.rdb2(self.rdb1(x)))


class _Dense(nn.Module):
    """Five convolutions, each of which sees all that came before it."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for k in range(4):
            self.add_module(f"conv{k + 1}", _conv(width + k * growth, growth))
        self.conv5 = _conv(width + 4 * growth, width)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for k in range(4):
            seen = torch.cat((seen, _bent(getattr(self, f"conv{k + 1}")(seen))), 1)
        return x + _RESIDUAL * self.conv5(seen)


def _conv(channels: int, made: int) -> nn.Conv2d:
    return nn.Conv2d(channels, made, 3, padding=1)


def _bent(x: Tensor) -> Tensor:
    return F.leaky_relu(x, _SLOPE, inplace=True)
