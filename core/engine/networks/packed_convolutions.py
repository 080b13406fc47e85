"""Convolutions whose weights lie ready for the processor: oneDNN packs them once, and not anew in each call.

Torch's own ``conv2d`` hands oneDNN plain weights, which it reorders into the blocks of its kernels at every call:
60 to 120 MB for each large layer of Stable Diffusion. Here a layer packs them when it is first called, and gives
the plain ones back, so memory stays as it was. Inputs become channels_last, the layout of these kernels. The
operators are those that torch's inductor emits for frozen networks
(``torch/_inductor/fx_passes/mkldnn_fusion.py``).

Measured on two Zen 5 cores, Stable Diffusion 1.5, one call of the U-Net for a batch of 2: float32 at 256x256
pixels 1,997 -> 1,363 ms, at 512x512 8,137 -> 6,101 ms; bfloat16 858 -> 624 and 3,727 -> 3,231 ms. The results
equal those of torch's convolutions in channels_last to the bit, but for kernels of 1x1, which torch computes as a
matrix product.
"""

import logging
from typing import Any

import torch

log = logging.getLogger(__name__)

_nn: Any = getattr(torch._C, "_nn", None)  # pyright: ignore[reportPrivateUsage]
_reorder: Any = getattr(_nn, "mkldnn_reorder_conv2d_weight", None)
_DTYPES = (torch.float32, torch.bfloat16)


class PackedConv2d(torch.nn.Conv2d):
    """A convolution on the processor with packed weights: only shape and dtype of its ``weight`` can be read.

    Moving the layer, or changing its dtype, unpacks it first.
    """

    packed_for: torch.Size | None = None
    """The shape of the inputs for which the weights were packed; they serve others too, more slowly."""

    _last: torch.Size | None = None

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (batch, channels, height, width) in channels_last."""
        input = input.contiguous(memory_format=torch.channels_last)
        try:
            # a size that comes once, such as the tile at an edge, is not worth packing for
            if input.shape != self.packed_for and (self.packed_for is None or input.shape == self._last):
                self._pack(input.shape)
            self._last = input.shape
            return torch.ops.mkldnn._convolution_pointwise(
                input, self.weight, self.bias, *self._options(), "none", [], ""
            )
        except Exception as error:  # noqa: BLE001  the operators are private; the public one has the last word
            log.warning("a convolution is computed without packed weights: %s", error)
            self._unpack()
            self.__class__ = torch.nn.Conv2d  # pyright: ignore[reportAttributeAccessIssue]
            return torch.nn.Conv2d.forward(self, input)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._unpack()
        return super()._apply(fn, recurse)

    def _options(self) -> tuple[Any, ...]:
        return self.padding, self.stride, self.dilation, self.groups

    def _pack(self, shape: torch.Size) -> None:
        self._unpack()
        with torch.inference_mode(mode=False):
            packed = _reorder(self.weight.data.to_mkldnn(), *self._options(), list(shape))
            self.weight = torch.nn.Parameter(packed, requires_grad=False)
        self.packed_for = shape

    def _unpack(self) -> None:
        if self.packed_for is not None:
            with torch.inference_mode(mode=False):
                self.weight = torch.nn.Parameter(self.weight.data.to_dense(), requires_grad=False)
            self.packed_for = None


def pack_convolutions(network: torch.nn.Module) -> None:
    """Lets all convolutions of a network on the processor pack their weights at their first call."""
    if _reorder is None or not torch.backends.mkldnn.is_available():
        return
    for layer in network.modules():
        if type(layer) is torch.nn.Conv2d and _can_be_packed(layer):
            layer.__class__ = PackedConv2d


def _can_be_packed(layer: torch.nn.Conv2d) -> bool:
    weight = layer.weight
    is_plain = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return is_plain and weight.device.type == "cpu" and weight.dtype in _DTYPES
