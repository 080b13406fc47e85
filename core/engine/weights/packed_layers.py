"""Layers whose weights stay packed: each call unpacks the weight of one layer, and lets go of it.

Layers keep their classes, so that offloading, LoRAs and probes know them. The packed tensors are parameters of
bytes, which no change of dtype reaches; the weight comes in the dtype that the layer was made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch.nn import functional

from core.engine.weights.forms import rotated, typed, unpack


class Packed:
    """The packed weight of a layer.

    Attributes:
        form: how it is packed, see `core.engine.weights.forms`.
        shape: of the weight.
        dtype: in which ``weight`` is computed.
    """

    form: str
    shape: torch.Size
    dtype: torch.dtype
    _dtypes: Mapping[str, torch.dtype]

    def tensors(self, rows: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """Returns the packed tensors by their role, or those of some rows."""
        owner: Any = self
        found: dict[str, torch.Tensor] = {}
        for role, dtype in self._dtypes.items():
            part: torch.Tensor = getattr(owner, f"packed_{role}")
            part = part if rows is None or len(part) != self.shape[0] else part[rows]
            found[role] = typed(part, dtype)
        return found

    @property
    def weight(self) -> torch.Tensor:
        """Returns the unpacked weight, which nothing keeps."""
        return unpack(self.form, self.tensors(), self.shape, self.dtype)

    def operands(self, input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the input of a linear layer and the weight to multiply it by, both in the dtype of the input.

        Where the weight was turned by a rotation, the smaller of the two is turned back: ``x H Q' = x (Q H)'``.
        """
        tensors = self.tensors()
        if "left" in tensors and input.numel() < self.shape.numel():
            input = rotated(input.float(), tensors).to(input.dtype)
            tensors = {role: one for role, one in tensors.items() if role not in ("left", "right")}
        return input, unpack(self.form, tensors, self.shape, self.dtype).to(input.dtype)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self.dtype = fn(torch.empty(0, dtype=self.dtype)).dtype
        return super()._apply(fn, recurse)  # pyright: ignore[reportAttributeAccessIssue]


class PackedLinear(Packed, torch.nn.Linear):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A linear layer with a packed weight."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (..., features)."""
        return functional.linear(*self.operands(input), self.bias)


class PackedConv2d(Packed, torch.nn.Conv2d):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A convolution with a packed weight."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (batch, channels, height, width)."""
        weight = self.weight.to(input.dtype).contiguous()  # Metal reads any other as if it were (pytorch 192212)
        return self._conv_forward(input, weight, self.bias)


class PackedEmbedding(Packed, torch.nn.Embedding):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A table of words, of which only those rows are unpacked that are looked up."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (..., features)."""
        used, places = torch.unique(input, return_inverse=True)
        rows = unpack(self.form, self.tensors(used), torch.Size((len(used), self.shape[1])), self.dtype)
        return functional.embedding(places, rows)


class _Gated:
    """The feed-forward layers of T5, which ask for the weight of the last one up to four times for its dtype."""

    def forward(self: Any, hidden_states: torch.Tensor) -> torch.Tensor:
        if not isinstance(self.wo, Packed):
            return super().forward(hidden_states)  # pyright: ignore[reportAttributeAccessIssue]
        hidden = self.dropout(self.act(self.wi_0(hidden_states)) * self.wi_1(hidden_states))
        return self.wo(hidden.to(self.wo.dtype))  # pyright: ignore[reportCallIssue]


@cache
def _asking_less(kind: type) -> type:
    return type(kind.__name__, (_Gated, kind), {})


def ask_less(module: torch.nn.Module) -> None:
    """Has layers of a network unpack a weight once for each call, where their own code would do so more often."""
    for layer in module.modules():
        if type(layer).__name__ == "T5DenseGatedActDense":
            layer.__class__ = _asking_less(type(layer))


_PACKED: Mapping[type, type] = {
    torch.nn.Linear: PackedLinear,
    torch.nn.Conv2d: PackedConv2d,
    torch.nn.Embedding: PackedEmbedding,
}


def can_be_packed(layer: torch.nn.Module, *, is_by_row: bool) -> bool:
    """Returns True for layers that can keep their weights packed; in a table each row has to be so by itself."""
    return type(layer) in _PACKED and (is_by_row or type(layer) is not torch.nn.Embedding)


def pack(
    layer: Any, form: str, tensors: Mapping[str, torch.Tensor], dtype: torch.dtype, kind: type | None = None
) -> None:
    """Puts packed tensors in the place of the weight of a layer, which becomes of another class."""
    shape = layer.weight.shape
    del layer.weight
    layer.__class__ = kind or _PACKED[type(layer)]
    layer.form, layer.shape, layer.dtype = form, shape, dtype
    layer._dtypes = {role: tensor.dtype for role, tensor in tensors.items()}
    for role, tensor in tensors.items():
        part = tensor.contiguous().view(torch.uint8)
        layer.register_parameter(f"packed_{role}", torch.nn.Parameter(part, requires_grad=False))
