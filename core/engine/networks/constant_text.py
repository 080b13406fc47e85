"""Keys and values of cross-attention, computed once for a text instead of in every call of a run.

A U-Net makes them of the encoded prompt by linear layers (Rombach et al. 2022, section 3.3), which are given one
and the same tensor in every call: 2 % of the arithmetic of Stable Diffusion 1.5 at 256x256, 4 % of XL at 512x512.
The output of the first call is given again, to the bit, until the tensor that it was made of is gone.

For processors only: a CUDA graph reads its text from one place, whose content changes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from core.engine.networks.processor_layers import ProcessorLinear, ProcessorPackedLinear, version_of
from core.engine.weights.quantisation import QuantisedLinear

PLACES = ("attn2.to_k", "attn2.to_v")
"""Of these layers in a U-Net. LoRAs that change one add to what it gives, in every call."""


class _OncePerText(torch.nn.Linear):
    """Remembers its output by input, as an object: one whose content changes has to come as another object.

    It forgets all when its own weights change or move.
    """

    _known: WeakTensorKeyDictionary
    _weights: tuple[tuple[int, int], ...] = ()

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (batch, tokens, features)."""
        weights = tuple((id(weight), version_of(weight)) for weight in self._parameters.values())
        if weights != self._weights:
            self._known, self._weights = WeakTensorKeyDictionary(), weights
        output: torch.Tensor | None = self._known.get(input)
        if output is None:
            output = super().forward(input)
            self._known[input] = output
        return output

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._weights = ()
        return super()._apply(fn, recurse)


class OnceLinear(_OncePerText, torch.nn.Linear):
    """Torch's own layer, which remembers."""


class OnceProcessorLinear(_OncePerText, ProcessorLinear):
    """The processor's layer, which remembers."""


class OnceQuantisedLinear(_OncePerText, QuantisedLinear):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A layer with packed weights, which remembers."""


class OncePackedLinear(_OncePerText, ProcessorPackedLinear):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A layer with a weight that a file has packed, which remembers."""


_ONCE: Mapping[type, type] = MappingProxyType(
    {
        torch.nn.Linear: OnceLinear,
        ProcessorLinear: OnceProcessorLinear,
        QuantisedLinear: OnceQuantisedLinear,
        ProcessorPackedLinear: OncePackedLinear,
    }
)


def remember_text(network: torch.nn.Module) -> None:
    """Has the cross-attention of a network on the processor make keys and values once for each text."""
    for name, layer in network.named_modules():
        if name.endswith(PLACES) and type(layer) in _ONCE:
            layer.__class__ = _ONCE[type(layer)]
