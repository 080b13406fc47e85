"""Layers for the processor, computed by oneDNN's own operators: faster than torch's, at equal numbers.

Torch's ``conv2d`` hands oneDNN plain weights, which it reorders into the blocks of its kernels at every call: 60
to 120 MB for each large layer of Stable Diffusion. Here a convolution packs its weights when it is first called,
and gives the plain ones back, so memory stays as it was; pictures become channels_last, the layout of these
kernels. Torch's ``linear`` uses MKL in float32, which takes twice the time of oneDNN on processors of AMD.

The operators are those that torch's inductor emits for frozen networks (``mkldnn_fusion.py`` in
``torch/_inductor``). Convolutions give the numbers of torch's own in channels_last to the bit, but for kernels of
1x1, which torch computes as a matrix product; linear layers do so in bfloat16. The others differ in the last
bits.
"""

import logging
from typing import Any

import torch

from core.engine.devices.memory_errors import is_out_of_memory
from core.heap import give_memory_back

log = logging.getLogger(__name__)

_nn: Any = getattr(torch._C, "_nn", None)  # pyright: ignore[reportPrivateUsage]
_operators: Any = torch.ops.mkldnn
_DTYPES = (torch.float32, torch.bfloat16)
_LARGE_BYTES = 4 * 2**20


class ProcessorConv2d(torch.nn.Conv2d):
    """A convolution of whose packed ``weight`` only shape and dtype can be read.

    Moving it, or changing its dtype, unpacks it first.

    Attributes:
        packed_for: the shape of the inputs for which the weights were packed; they serve others too, more slowly.
    """

    packed_for: torch.Size | None = None
    _last: torch.Size | None = None

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (batch, channels, height, width) in channels_last."""
        input = input.contiguous(memory_format=torch.channels_last)
        try:
            # a size that comes once, such as the tile at an edge, is not worth packing for
            if input.shape != self.packed_for and (self.packed_for is None or input.shape == self._last):
                self._pack(input.shape)
            self._last = input.shape
            return _operators._convolution_pointwise(
                input, self.weight, self.bias, *self._options(), "none", [], ""
            )
        except Exception as error:  # noqa: BLE001  the operators are private; the public one has the last word
            self._unpack()
            return _plainly(self, torch.nn.Conv2d, error)(input)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._unpack()
        return super()._apply(fn, recurse)

    def _options(self) -> tuple[Any, ...]:
        return self.padding, self.stride, self.dilation, self.groups

    def _pack(self, shape: torch.Size) -> None:
        self._unpack()
        with torch.inference_mode(mode=False):
            plain = self.weight.data.to_mkldnn()
            packed = _nn.mkldnn_reorder_conv2d_weight(plain, *self._options(), list(shape))
            self.weight = torch.nn.Parameter(packed, requires_grad=False)
        self.packed_for = shape
        if self.weight.nbytes >= _LARGE_BYTES:
            give_memory_back()  # the room of the plain ones, before other tensors take parts of it

    def _unpack(self) -> None:
        if self.packed_for is not None:
            with torch.inference_mode(mode=False):
                self.weight = torch.nn.Parameter(self.weight.data.to_dense(), requires_grad=False)
            self.packed_for = None


class ProcessorLinear(torch.nn.Linear):
    """A linear layer with plain weights: packing them would gain no more than 4 %."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (..., features)."""
        try:
            return _operators._linear_pointwise(input, self.weight, self.bias, "none", [], "")
        except Exception as error:  # noqa: BLE001  the operator is private; the public one has the last word
            return _plainly(self, torch.nn.Linear, error)(input)


def use_processor_layers(network: torch.nn.Module) -> None:
    """Gives a network on the processor these layers in the place of torch's, with the same weights."""
    if not torch.backends.mkldnn.is_available():
        return
    for layer in network.modules():
        if type(layer) is torch.nn.Conv2d and layer.padding_mode == "zeros" and layer.padding != "same":
            _become(layer, ProcessorConv2d)
        elif type(layer) is torch.nn.Linear:
            _become(layer, ProcessorLinear)


def _become(layer: Any, kind: type[torch.nn.Module]) -> None:
    if layer.weight.device.type == "cpu" and layer.weight.dtype in _DTYPES:
        layer.__class__ = kind


def _plainly(layer: torch.nn.Module, kind: type[torch.nn.Module], error: Exception) -> torch.nn.Module:
    """Returns the layer as one of torch's, which it is from now on; raises an error of memory, as that helps none.

    Torch's numbers differ in the last bits: a run that is repeated with more room must not go on with them.
    """
    if is_out_of_memory(error):
        raise error
    log.warning("a layer is computed by torch's own operator: %s", error)
    layer.__class__ = kind
    return layer
