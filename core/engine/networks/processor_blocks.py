"""Blocks of networks for the processor: with less to do for the numbers of diffusers' own.

They write into their own tensors where diffusers makes new ones, leave out divisions by one, and look up nothing
in every call: a tenth of a step of the starter model. All these numbers are equal to the bit in the same layout.
Only blocks that enlarge pictures, and convolutions with fewer products, give others in the last bits.
"""

from typing import Any, TypeGuard, cast

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch.nn.functional import scaled_dot_product_attention, silu

from core.engine.networks.minimal_convolution import MinimalConvolution, can_be_minimal, use_winograd
from core.engine.networks.minimal_filtering import REPEATED
from core.engine.networks.processor_layers import DECODERS, ProcessorConv2d, use_processor_layer
from core.heap import give_memory_back

_ROOM_BYTES = 32 * 2**20
"""A decoder makes room before it enlarges, and before a block, from this size on.

Below it, clearing new pages takes longer than the gaps are worth.
"""

_CALLED_ONCE = ("encoder.", "decoder.")
"""The layers of an autoencoder, which makes one picture where a network takes many steps."""


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
        if self.makes_room and input_tensor.nbytes >= _ROOM_BYTES:
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
    """Doubles the sides of a picture and convolves it with a quarter of the products, in float32.

    The large picture before the convolution is never there (see `core.engine.networks.minimal_filtering`).
    Weights stay as they are, or in their file, and sums of them are kept beside; they are let go of where
    something else acts on the convolution.

    Attributes:
        makes_room: gives free memory back first. The tensors before have a quarter of the size: what they leave
            free among one another is too small for those that follow, and would be kept beside them (`core.heap`).
    """

    makes_room: bool = False
    _minimal: MinimalConvolution | None = None

    def forward(
        self, hidden_states: torch.Tensor, output_size: Any = None, *args: Any, **kwargs: Any
    ) -> torch.Tensor:
        """Returns (batch, channels, height, width), in channels_last where it is convolved."""
        if self.makes_room and hidden_states.nbytes >= _ROOM_BYTES:
            give_memory_back()
        height, width = hidden_states.shape[2:]
        convolution: Any = getattr(self, "conv", None)
        is_minimal = _is_plain_convolution(convolution) and hidden_states.dtype is torch.float32
        if not is_minimal:
            self._forget()
        is_doubled = output_size is None or tuple(output_size) == (2 * height, 2 * width)
        if not is_minimal or not is_doubled:
            return super().forward(hidden_states, output_size, *args, **kwargs)
        if self._minimal is None or not self._minimal.is_of(convolution):
            self._minimal = MinimalConvolution(REPEATED, convolution)
        return self._minimal(hidden_states, is_kept=True)

    def _forget(self) -> None:
        if self._minimal is not None:
            self._minimal = None

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        sample = torch.empty(0)
        changed = fn(sample)
        if (changed.dtype, changed.device) != (sample.dtype, sample.device):
            self._forget()
        return super()._apply(fn, recurse)


def _is_plain_convolution(layer: Any) -> TypeGuard[ProcessorConv2d]:
    """Returns True for one that nothing else acts on, such as a LoRA or a seamless margin."""
    hooked: Any = layer
    is_minimal = isinstance(layer, ProcessorConv2d) and can_be_minimal(layer)
    return is_minimal and not (hooked._forward_hooks or hooked._forward_pre_hooks)


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


def use_processor_layers(network: torch.nn.Module) -> None:
    """Gives a network on the processor these blocks and layers in the place of others, with the same weights."""
    if not torch.backends.mkldnn.is_available():
        return
    for name, block in network.named_modules():
        decodes = name.startswith(DECODERS)
        if type(block) is Upsample2D and block.interpolate and block.norm is None:
            block.__class__ = ProcessorUpsample2D
            cast("ProcessorUpsample2D", block).makes_room = decodes
        elif type(block) is ResnetBlock2D:
            block.__class__ = ProcessorResnetBlock2D
            cast("ProcessorResnetBlock2D", block).makes_room = decodes
        elif type(block) is Attention and _is_plain_attention(block):
            block.__class__ = ProcessorAttention
        else:
            use_processor_layer(block)
            if type(block) is ProcessorConv2d:
                use_winograd(block, is_called_often=not name.startswith(_CALLED_ONCE))


def _is_plain_attention(attention: Any) -> bool:
    """Returns True for queries, keys and values that go into the product as the linear layers make them."""
    norms = (attention.spatial_norm, attention.group_norm, attention.norm_q, attention.norm_k)
    is_pure = not attention.norm_cross and not attention.residual_connection
    return is_pure and attention.rescale_output_factor == 1 and all(norm is None for norm in norms)
