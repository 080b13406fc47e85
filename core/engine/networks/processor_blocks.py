"""Blocks of networks for the processor: with less to do for the numbers of diffusers' own.

They write into their own tensors where diffusers makes new ones, leave out divisions by one, and look up nothing
in every call: a tenth of a step of the starter model. All these numbers are equal to the bit in the same layout.
Only a block that enlarges a picture gives others in the last bits, and takes half of the time.
"""

from collections.abc import Iterator
from typing import Any, TypeGuard, cast
from weakref import ref

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch.nn.functional import scaled_dot_product_attention, silu

from core.engine.networks.processor_layers import (
    DECODERS,
    ProcessorConv2d,
    plain_weight,
    use_processor_layer,
    version_of,
)
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
    """Doubles the sides of a picture and convolves it with four ninths of the products, in float32.

    A kernel of 3x3 meets only 2x2 places of the small picture where each of them was repeated. So four kernels of
    2x2, which have sums of its weights, make the four places that become of one (Shi et al. 2016,
    arXiv:1609.07009), and the large picture before the convolution is never there. Fewer products add up: with 512
    channels the numbers are 5.6e-7 from float64 (RMS), those of the one convolution in this layout 1.05e-6.

    The sums take 16/9 of the room of the weights, which stay as they are, or in their file. They are let go of
    where something else acts on the convolution.

    Attributes:
        makes_room: gives free memory back first. The tensors before have a quarter of the size: what they leave
            free among one another is too small for those that follow, and would be kept beside them (`core.heap`).
    """

    makes_room: bool = False
    _made_of: tuple[Any, ...] = ()
    _small: tuple[ProcessorConv2d, ...] = ()

    def forward(
        self, hidden_states: torch.Tensor, output_size: Any = None, *args: Any, **kwargs: Any
    ) -> torch.Tensor:
        """Returns (batch, channels, height, width), in channels_last where it is convolved."""
        if self.makes_room and hidden_states.nbytes >= _ROOM_BYTES:
            give_memory_back()
        batch, _, height, width = hidden_states.shape
        convolution: Any = getattr(self, "conv", None)
        can_be_small = _is_plain_convolution(convolution) and hidden_states.dtype is torch.float32
        is_doubled = output_size is None or tuple(output_size) == (2 * height, 2 * width)
        if not can_be_small:
            self._forget()
        if not can_be_small or not is_doubled:
            return super().forward(hidden_states, output_size, *args, **kwargs)
        hidden_states = hidden_states.contiguous(memory_format=torch.channels_last)
        doubled = torch.empty(
            (batch, self.out_channels, 2 * height, 2 * width),
            dtype=hidden_states.dtype,
            memory_format=torch.channels_last,
        )
        for number, small in enumerate(self._small_convolutions(convolution)):
            y, x = divmod(number, 2)
            doubled[:, :, y::2, x::2] = small(hidden_states)[:, :, y : y + height, x : x + width]
        return doubled

    def _small_convolutions(self, convolution: ProcessorConv2d) -> tuple[ProcessorConv2d, ...]:
        """Returns four, kept until the weights change: for even rows and even columns of the large picture,
        for even rows and odd columns, and the same for odd rows.

        Each makes one row and one column more than are taken, see `forward`.
        """
        made_of = ref(convolution.weight), version_of(convolution.weight), id(convolution.bias)
        if not self._small or self._made_of[0]() is not convolution.weight or self._made_of[1:] != made_of[1:]:
            self._small, self._made_of = tuple(_smaller(convolution)), made_of
        return self._small

    def _forget(self) -> None:
        if self._small:
            self._small = ()

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        sample = torch.empty(0)
        changed = fn(sample)
        if (changed.dtype, changed.device) != (sample.dtype, sample.device):
            self._forget()
        return super()._apply(fn, recurse)


def _smaller(convolution: ProcessorConv2d) -> Iterator[ProcessorConv2d]:
    """Yields a convolution of 2x2 for each of the four places that become of one."""
    with torch.inference_mode(mode=False), torch.no_grad():
        for rows in _sums(plain_weight(convolution), 2):
            for weight in _sums(rows, 3):
                channels_out, channels_in = weight.shape[:2]
                small = ProcessorConv2d(channels_in, channels_out, 2, padding=1, bias=False, device="meta")
                small.weight = torch.nn.Parameter(weight, requires_grad=False)
                small.bias = convolution.bias
                yield small


def _sums(weight: torch.Tensor, dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the two weights that meet the same two places of three, for the first and the second of a pair."""
    one, two, three = weight.unbind(dim)
    return torch.stack((one, two + three), dim), torch.stack((one + two, three), dim)


def _is_plain_convolution(layer: Any) -> TypeGuard[ProcessorConv2d]:
    """Returns True for one of 3x3 that nothing else acts on, such as a LoRA or a margin of a seamless picture."""
    if type(layer) is not ProcessorConv2d:
        return False
    hooked: Any = layer
    is_common = (layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 1), (1, 1))
    is_whole = (layer.dilation, layer.groups) == ((1, 1), 1)
    return is_common and is_whole and not (hooked._forward_hooks or hooked._forward_pre_hooks)


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


def _is_plain_attention(attention: Any) -> bool:
    """Returns True for queries, keys and values that go into the product as the linear layers make them."""
    norms = (attention.spatial_norm, attention.group_norm, attention.norm_q, attention.norm_k)
    is_pure = not attention.norm_cross and not attention.residual_connection
    return is_pure and attention.rescale_output_factor == 1 and all(norm is None for norm in norms)
