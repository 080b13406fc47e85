"""Blocks of networks for the processor: the numbers of diffusers' own to the bit, with less to do for them.

They write into their own tensors where diffusers makes new ones, leave out divisions by one, and look up nothing
in every call: a tenth of a step of the starter model.
"""

from typing import Any, cast

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch.nn.functional import scaled_dot_product_attention, silu

from core.heap import give_memory_back

_ROOM_BYTES, _BLOCK_BYTES = 32 * 2**20, 128 * 2**20
"""A decoder makes room before it enlarges, and before a block, from these sizes on.

Below them, clearing new pages takes longer than the gaps are worth.
"""


class ProcessorResnetBlock2D(ResnetBlock2D):
    """A residual block that writes into its own tensors.

    The largest of a decoder are 268 MB at 512x512, and of four at a time one less is needed so.

    Attributes:
        makes_room: gives free memory back first: of what the last block left, this one would take parts in another
            order, and half a gigabyte more of new memory at the end of a decoder.
    """

    makes_room: bool = False

    def forward(
        self, input_tensor: torch.Tensor, temb: torch.Tensor | None = None, *args: Any, **kwargs: Any
    ) -> torch.Tensor:
        """Returns (batch, channels, height, width)."""
        if self.up or self.down or self.training or torch.is_grad_enabled():
            return super().forward(input_tensor, cast("torch.Tensor", temb), *args, **kwargs)
        if self.makes_room and input_tensor.nbytes >= _BLOCK_BYTES:
            give_memory_back()
        hidden = self.conv1(self._activated(self.norm1(input_tensor)))
        if self.time_emb_proj is not None and temb is not None:
            temb = self.time_emb_proj(temb if self.skip_time_act else self.nonlinearity(temb))[:, :, None, None]
        if temb is not None and self.time_embedding_norm == "default":
            hidden = hidden.add_(temb)
        hidden = self.norm2(hidden)  # none of the former ones is kept for the next
        if temb is not None and self.time_embedding_norm == "scale_shift":
            scale, shift = temb.chunk(2, dim=1)
            hidden = hidden.mul_(1 + scale).add_(shift)
        hidden = self.conv2(self._activated(hidden))
        beside = input_tensor if self.conv_shortcut is None else self.conv_shortcut(input_tensor)
        hidden = hidden.add_(beside) if hidden.stride() == beside.stride() else beside + hidden
        return hidden if self.output_scale_factor == 1 else hidden / self.output_scale_factor

    def _activated(self, normed: torch.Tensor) -> torch.Tensor:
        if type(self.nonlinearity) is torch.nn.SiLU:
            return silu(normed, inplace=True)
        return self.nonlinearity(normed)


class ProcessorUpsample2D(Upsample2D):
    """Doubles the sides of a picture within a decoder, which makes room for it first.

    The tensors before have a quarter of the size: what they leave free among one another is too small for those
    that follow, and would be kept beside them (`core.heap`).
    """

    def forward(self, hidden_states: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if hidden_states.nbytes >= _ROOM_BYTES:
            give_memory_back()
        return super().forward(hidden_states, *args, **kwargs)


class ProcessorAttention(Attention):
    """Attention of a transformer block, as long as its processor is the common one (`AttnProcessor2_0`)."""

    def forward(
        self,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        **options: Any,
    ) -> torch.Tensor:
        """Returns (batch, places, channels)."""
        own: Any = self  # whose layers diffusers' types have as optional
        is_common = type(own.processor) is AttnProcessor2_0 and hidden_states.ndim == 3
        if not is_common or attention_mask is not None or options:
            return super().forward(hidden_states, encoder_hidden_states, attention_mask, **options)
        text = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            made.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for made in (own.to_q(hidden_states), own.to_k(text), own.to_v(text))
        )
        seen = scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return own.to_out[1](own.to_out[0](seen))


def use_processor_block(block: torch.nn.Module, *, decodes: bool) -> None:
    """Makes a block one of these where there is one for it; ``decodes`` those of a decoder."""
    if type(block) is Upsample2D and decodes:
        block.__class__ = ProcessorUpsample2D
    elif type(block) is ResnetBlock2D:
        block.__class__ = ProcessorResnetBlock2D
        cast("ProcessorResnetBlock2D", block).makes_room = decodes
    elif type(block) is Attention and _is_plain(block):
        block.__class__ = ProcessorAttention


def _is_plain(attention: Any) -> bool:
    """Returns True for queries, keys and values that go into the product as the linear layers make them."""
    norms = (attention.spatial_norm, attention.group_norm, attention.norm_q, attention.norm_k)
    is_pure = not attention.norm_cross and not attention.residual_connection
    return is_pure and attention.rescale_output_factor == 1 and all(norm is None for norm in norms)
