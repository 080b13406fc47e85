"""ControlNet-LLLites beside a U-Net: small networks that add to the input of single layers of its attention.

The layout and the arithmetic are those of kohya-ss (``networks/control_net_lllite.py`` of sd-scripts, and
ControlNet-LLLite-ComfyUI): ``layer(x + up(mid(cat(seen, down(x)))) * weight)``.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, linear, pad, relu

from core.engine.networks.guides import Guide, as_tensor
from core.engine.networks.image_prompts import not_for_graphs
from core.errors import ControlBroken
from core.language.words import tr
from core.request.control import Control

_ROLES = ("down.0", "mid.0", "up.0")
Tuned = tuple[str, Tensor, tuple[tuple[Tensor, Tensor], ...]]
"""The name of a layer, what its network sees (1, places, channels), and its weights and biases: down, mid, up."""


class LLLite(torch.nn.Module):
    """The weights of all its networks, by their layers and roles."""

    def __init__(self, layers: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Takes the tensors of a file for each layer of the U-Net, by its name there."""
        super().__init__()
        self.layers = tuple(layers)
        self._own = torch.nn.ModuleList(map(_Weights, layers.values()))

    def forward(self, picture: Tensor) -> list[Tuned]:
        """Returns what each layer needs, for a picture (1, 3, height, width), -1 to 1.

        The weights are copies: this network may leave the device before the U-Net is called.
        """
        return [
            (name, own.seen(picture), tuple((own.of(f"{role}.weight"), own.of(f"{role}.bias")) for role in _ROLES))
            for name, own in zip(self.layers, self._own, strict=True)
            if isinstance(own, _Weights)
        ]


class _Weights(torch.nn.Module):
    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        for name, value in tensors.items():
            self.register_parameter(name.replace(".", "_"), torch.nn.Parameter(value, requires_grad=False))
        self._convolutions = sum(name.startswith("conditioning1.") for name in tensors) // 2

    def of(self, name: str) -> Tensor:
        return self.get_parameter(name.replace(".", "_")).clone()

    def seen(self, picture: Tensor) -> Tensor:
        """Returns (1, places, channels), the places those of the layer's input, whose sides are rounded up."""
        weights = [self.of(f"conditioning1.{2 * number}.weight") for number in range(self._convolutions)]
        side, (height, width) = math.prod(weight.shape[-1] for weight in weights), picture.shape[2:]
        seen = pad(picture, (0, -width % side, 0, -height % side), mode="replicate")
        for number, weight in enumerate(weights):
            seen = relu(seen) if number else seen
            seen = conv2d(seen, weight, self.of(f"conditioning1.{2 * number}.bias"), stride=weight.shape[-1])
        return seen.flatten(2).permute(0, 2, 1)


class TunedLayers:
    """The layers of a U-Net whose inputs LLLites change in one call."""

    def __init__(self, unet: Any, guides: Sequence[Guide], device: torch.device, dtype: torch.dtype) -> None:
        self._terms: list[tuple[Any, Any, Any]] = []
        for guide in guides:
            picture = as_tensor(guide.picture, 3).to(device, dtype) * 2.0 - 1.0
            for name, seen, weights in guide.network()(picture):
                hook = partial(_changed, seen=seen, weights=weights, control=guide.control)
                attention = unet.get_submodule(name.rpartition(".")[0])
                self._terms.append((attention, unet.get_submodule(name), hook))

    @contextmanager
    def acting(self) -> Generator[None]:
        """Has them act until the block is left."""
        handles = [layer.register_forward_pre_hook(hook) for _, layer, hook in self._terms]
        handles += [attention.register_forward_hook(not_for_graphs) for attention, _, _ in self._terms]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _changed(
    _layer: Any,
    arguments: tuple[Any, ...],
    *,
    seen: Tensor,
    weights: tuple[tuple[Tensor, Tensor], ...],
    control: Control,
) -> tuple[Any, ...]:
    x = arguments[0]
    if seen.shape[1] != x.shape[1]:
        raise ControlBroken(Path(control.name), tr("it sees its picture at another scale than the model's layers"))
    down, mid, up = weights
    inner = torch.cat([seen.repeat(len(x), 1, 1), relu(linear(x, *down))], dim=2)
    return x + linear(relu(linear(inner, *mid)), *up) * control.weight, *arguments[1:]
