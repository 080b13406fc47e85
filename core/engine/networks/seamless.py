"""Lets the convolutions of a network see the opposite side of a picture beyond its edge.

AUTOMATIC1111's program sets the ``padding_mode`` of each layer to ``circular``. Hooks around the layers do the
same with any implementation of a convolution, packed or adapted, and in one direction alone: what a layer gets
is widened by its other side, and what it made of that is cut off again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from core.engine.loading.lora_additions import AdaptedLayer

DIMS = {"x": 3, "y": 2}
"""Of a picture (batch, channels, height, width), by the letters of `core.request.settings.seamless`."""

MARGIN = 16
"""Places of a latent around one that is decoded in tiles, or pixels around a picture that is enlarged."""


class Seamless:
    """The hooks in one network."""

    def __init__(self, rests: Callable[[], bool] = lambda: False) -> None:
        """``rests`` returns True while the layers are to work as they were made."""
        self._rests = rests
        self._state: tuple[nn.Module | None, str] = (None, "")
        self._handles: list[RemovableHandle] = []

    def use(self, network: nn.Module, directions: str) -> bool:
        """Has the network's layers go around in these directions; returns whether anything has changed."""
        if self._state == (network, directions) or (not directions and not self._handles):
            return False
        self.forget()
        self._state = network, directions
        for layer, convolution in _convolutions(network) if directions else ():
            self._handles += self._hooks(layer, convolution, [DIMS[letter] for letter in directions])
        if "torch._inductor.compile_fx" in sys.modules:  # which the reset would load
            torch.compiler.reset()  # compiled blocks do not look for other hooks
        return True

    def forget(self) -> None:
        """Takes the hooks out; call it when layers were put in or taken out."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._state = None, ""

    def _hooks(self, layer: nn.Module, convolution: Any, dims: list[int]) -> Iterator[RemovableHandle]:
        sides = {dim: (convolution.padding[dim - 2], convolution.stride[dim - 2]) for dim in dims}
        # a multiple of the stride, so that what is cut off is whole places
        widths = {dim: -(-padding // stride) * stride for dim, (padding, stride) in sides.items() if padding}
        cuts = {dim: width // sides[dim][1] for dim, width in widths.items()}

        def widen(_layer: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
            return None if self._rests() else (_widened(args[0], widths), *args[1:])

        def cut(_layer: nn.Module, _args: tuple[Any, ...], made: torch.Tensor) -> torch.Tensor | None:
            return None if self._rests() else _cut(made, cuts)

        yield layer.register_forward_pre_hook(widen)
        yield layer.register_forward_hook(cut)


def widened(picture: torch.Tensor, directions: str) -> torch.Tensor:
    """Puts `MARGIN` places of its other sides around a picture, or latent, (batch, channels, height, width)."""
    return _widened(picture, {DIMS[letter]: MARGIN for letter in directions})


def without_margin(made: torch.Tensor, directions: str, scale: int) -> torch.Tensor:
    """Returns the middle of what was made of a `widened` picture at ``scale`` times its size."""
    return _cut(made, {DIMS[letter]: MARGIN * scale for letter in directions})


def _convolutions(network: nn.Module) -> Iterator[tuple[nn.Module, nn.Conv2d]]:
    """Yields each convolution that looks beyond the edge, after the layer that takes its inputs."""
    adapted = [layer for layer in network.modules() if isinstance(layer, AdaptedLayer)]
    inside = {id(layer.base_layer) for layer in adapted}
    for layer in network.modules():
        convolution = layer.base_layer if isinstance(layer, AdaptedLayer) else layer
        if id(layer) not in inside and isinstance(convolution, nn.Conv2d) and any(convolution.padding):
            yield layer, convolution


def _widened(picture: torch.Tensor, widths: dict[int, int]) -> torch.Tensor:
    for dim, width in widths.items():
        length = picture.shape[dim]
        places = torch.arange(-width, length + width, device=picture.device) % length
        picture = picture.index_select(dim, places)
    return picture


def _cut(picture: torch.Tensor, cuts: dict[int, int]) -> torch.Tensor:
    for dim, cut in cuts.items():
        picture = picture.narrow(dim, cut, picture.shape[dim] - 2 * cut)
    return picture.clone()  # dense, in the layout it has: layers after it take views
