"""IP-Adapters beside a U-Net: its attention looks at a picture as it looks at the words (Ye et al. 2023, eq. 5).

To what attention to the text gives, that to a few tokens of the picture is added, by keys and values of its own.
These are the same in all calls of a run and made once. They act by hooks around the layers, so that all else that
works on attention goes on; the tests hold the arithmetic to diffusers' IPAdapterAttnProcessor2_0 bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from core.engine.networks.guides import Guide
from core.request.control import Control

_PARTS_XL: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"style": {"up_blocks.0.attentions.1.": 1.0}, "layout": {"down_blocks.2.attentions.1.": 1.0}}
)
"""Layers and their share: InstantStyle (Wang et al. 2024), as in diffusers' guide to IP-Adapters."""

_PARTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "style": {
            **dict.fromkeys(("down_blocks.0.", "down_blocks.1.", "up_blocks.1.attentions.2."), 1.0),
            **dict.fromkeys(("up_blocks.2.", "up_blocks.3."), 1.0),
        },
        "layout": {"down_blocks.2.attentions.0.": 0.25, "down_blocks.2.attentions.1.": 1.0},
    }
)
"""Layers of Stable Diffusion 1.x as ComfyUI_IPAdapter_plus has them ("style transfer", "composition")."""


class ImagePrompt(torch.nn.Module):
    """The weights of an IP-Adapter.

    Attributes:
        projection: makes tokens of what CLIP sees.
        is_projected: it takes CLIP's projection, else the states of its last layer but one.
    """

    def __init__(
        self, projection: torch.nn.Module, layers: Sequence[tuple[Tensor, Tensor]], *, is_projected: bool
    ) -> None:
        """Takes the weights of keys and values for each layer of cross-attention, in the U-Net's order."""
        super().__init__()
        self.projection = projection
        self.to_k_ip, self.to_v_ip = (
            torch.nn.ModuleList([_linear(pair[side]) for pair in layers]) for side in (0, 1)
        )
        self.is_projected = is_projected

    def forward(self, seen: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Returns keys and values (batch, 1, tokens, width) for each layer; ``seen`` is (batch, 1, ...)."""
        batch = seen.shape[0]
        tokens = self.projection(seen.reshape(batch, *seen.shape[2:]))
        tokens = tokens.reshape(batch, 1, *tokens.shape[1:])
        return [(key(tokens), value(tokens)) for key, value in zip(self.to_k_ip, self.to_v_ip, strict=True)]


def _linear(weight: Tensor) -> torch.nn.Linear:
    made = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta", dtype=weight.dtype)
    made.weight = torch.nn.Parameter(weight, requires_grad=False)
    return made


@dataclass(frozen=True, slots=True, eq=False)
class PictureGuide:
    """A picture at which attention looks in a run.

    Attributes:
        network: returns the `ImagePrompt` where it is now.
        seen, unseen: what CLIP makes of the picture, and of none: (1, 1, ...).
    """

    control: Control
    network: Callable[[], ImagePrompt]
    seen: Tensor
    unseen: Tensor


AnyGuide = Guide | PictureGuide


class PicturePrompts:
    """The pictures that act in a call of a U-Net with some passes, of which the first ``unguided`` see none."""

    def __init__(self, unet: Any, guides: Sequence[PictureGuide], passes: int, unguided: int) -> None:
        layers = cross_attention(unet)
        is_xl = unet.config.addition_embed_type == "text_time"
        self._places = [_Place(layer) for layer in layers.values()]
        for guide in guides:
            seen = torch.cat([guide.unseen] * unguided + [guide.seen] * (passes - unguided))
            made = guide.network()(seen)
            for place, name, (key, value) in zip(self._places, layers, made, strict=True):
                weight = guide.control.weight * share(guide.control.preprocessor, name, is_xl=is_xl)
                if weight:
                    place.terms.append((weight, key, value))

    @contextmanager
    def acting(self) -> Generator[None]:
        """Has them act until the block is left."""
        handles = [handle for place in self._places if place.terms for handle in place.hooks()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def cross_attention(unet: Any) -> dict[str, Any]:
    """Returns the attention to the text by name, in the order in which files of IP-Adapters number it."""
    names = (name.removesuffix(".processor") for name in unet.attn_processors)
    return {name: unet.get_submodule(name) for name in names if name.endswith("attn2")}


def share(part: str, layer: str, *, is_xl: bool) -> float:
    """Returns the part of the weight with which a layer looks at a picture, of which only some are asked for."""
    shares = (_PARTS_XL if is_xl else _PARTS).get(part)
    if shares is None:
        return 1.0
    return next((value for start, value in shares.items() if layer.startswith(start)), 0.0)


@dataclass(slots=True, eq=False)
class _Place:
    """One attention: remembers its query, and adds to its output before the last layer."""

    attention: Any
    terms: list[tuple[float, Tensor, Tensor]] = field(default_factory=list[tuple[float, Tensor, Tensor]])
    _query: Tensor | None = None

    def hooks(self) -> list[Any]:
        """Returns the handles; the last hook does nothing but tell that this is no call for a graph."""
        return [
            self.attention.to_q.register_forward_hook(self._remember),
            self.attention.to_out[0].register_forward_pre_hook(self._add),
            self.attention.register_forward_hook(not_for_graphs),
        ]

    def _remember(self, _layer: Any, _arguments: Any, query: Tensor) -> None:
        self._query = query

    def _add(self, _layer: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        assert self._query is not None
        hidden, query, self._query = arguments[0], self._heads(self._query), None
        for weight, key, value in self.terms:
            parts = (self._heads(one.to(query.dtype)) for one in (key, value))
            looked = scaled_dot_product_attention(query, *parts, dropout_p=0.0, is_causal=False)
            looked = looked.transpose(1, 2).reshape(hidden.shape)
            hidden = hidden + weight * looked.to(query.dtype)
        return hidden, *arguments[1:]

    def _heads(self, values: Tensor) -> Tensor:
        """(batch, ..., width) -> (batch, heads, tokens, width of a head)."""
        batch, width = values.shape[0], values.shape[-1]
        heads = self.attention.heads
        return values.view(batch, -1, heads, width // heads).transpose(1, 2)


def not_for_graphs(*_: object) -> None:
    """Does nothing, but its presence tells that a call is none for a graph."""
