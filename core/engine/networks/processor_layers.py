"""Layers for the processor, computed by oneDNN's own operators: faster than torch's, at equal numbers.

Torch's ``conv2d`` hands oneDNN plain weights, which it reorders into the blocks of its kernels at every call: 60
to 120 MB for each large layer of Stable Diffusion. Here a convolution packs its weights when it is first called,
and gives the plain ones back, so memory stays as it was; pictures become channels_last, the layout of these
kernels. Torch's ``linear`` uses MKL in float32, which takes 1.1 to 2 times as long as oneDNN on processors of AMD.

The operators are those that torch's inductor emits for frozen networks (``mkldnn_fusion.py`` in
``torch/_inductor``). Convolutions give the numbers of torch's own in channels_last to the bit, but for kernels of
1x1, which torch computes as a matrix product; linear layers do so in bfloat16. The others differ in the last
bits. In channels_last oneDNN adds more products up in a row: a convolution of Stable Diffusion is 1.2e-6 from
float64 (RMS), 2.5e-7 in the plain layout, and so the final latents are three times as far from it.
"""

import logging
from collections.abc import Callable
from typing import Any, cast

import torch

from core.engine.devices.memory_errors import is_out_of_memory
from core.engine.weights.packed_layers import Packed, PackedLinear
from core.errors import EmulsionError
from core.heap import give_memory_back

log = logging.getLogger(__name__)

_nn: Any = getattr(torch._C, "_nn", None)  # pyright: ignore[reportPrivateUsage]
_operators: Any = torch.ops.mkldnn
_DTYPES = (torch.float32, torch.bfloat16)
_LARGE_BYTES = 3 * 2**20
_FEW_PRODUCTS = 2**21
DECODERS = ("decoder.", "post_quant_conv.")


class ProcessorConv2d(torch.nn.Conv2d):
    """A convolution of whose packed ``weight`` only shape and dtype can be read.

    Moving it, or changing its dtype, unpacks it first.

    Attributes:
        packed_for: the shape of the inputs for which the weights were packed; they serve others too, more slowly.
    """

    packed_for: torch.Size | None = None
    _read: Callable[[], torch.Tensor] | None = None
    _other: torch.Size | None = None

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (batch, channels, height, width) in channels_last."""
        input = input.contiguous(memory_format=torch.channels_last)
        try:
            if input.shape == self.packed_for:
                if self._other is not None:  # attributes of modules are dear to set
                    self._other = None
            elif self.packed_for is None or input.shape == self._other:
                self._pack(input.shape)
            else:  # a size that comes once, such as the tile at an edge, is not worth packing for
                self._other = input.shape
            return _operators._convolution_pointwise(
                input, self.weight, self.bias, *self._options(), "none", [], ""
            )
        except Exception as error:  # noqa: BLE001  the operators are private; the public one has the last word
            self._unpack()
            return _plainly(self, torch.nn.Conv2d, error)(input)

    def put_off(self, dtype: torch.dtype, read: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Lets ``read`` return the weight at the first call; returns its place holder.

        That takes no room, has the device, dtype and shape, and is not a number, which would not go unseen.
        """
        self._read = read
        return torch.full((), torch.nan, dtype=dtype).expand(self.weight.shape)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        sample = torch.empty(0, dtype=self.weight.dtype)
        changed = fn(sample)
        if (changed.dtype, changed.device) == (sample.dtype, sample.device):
            return self  # nothing moves
        self._unpack()
        return super()._apply(fn, recurse)

    def _options(self) -> tuple[Any, ...]:
        return self.padding, self.stride, self.dilation, self.groups

    def _pack(self, shape: torch.Size) -> None:
        is_in_memory = self._read is None
        self._unpack()
        with torch.inference_mode(mode=False):
            plain = self.weight.data.to_mkldnn()
            packed = _nn.mkldnn_reorder_conv2d_weight(plain, *self._options(), list(shape))
            self.weight = torch.nn.Parameter(packed, requires_grad=False)
        self.packed_for = shape
        if is_in_memory and self.weight.nbytes >= _LARGE_BYTES:
            give_memory_back()  # the room of the plain ones, before other tensors take parts of it

    def _unpack(self) -> None:
        with torch.inference_mode(mode=False):
            if self._read is not None:
                self.weight = torch.nn.Parameter(self._read(), requires_grad=False)
            elif self.packed_for is not None:
                self.weight = torch.nn.Parameter(self.weight.data.to_dense(), requires_grad=False)
        self._read = self.packed_for = None


def deferred(
    network: torch.nn.Module, name: str, dtype: torch.dtype, read: Callable[[], torch.Tensor]
) -> torch.Tensor | None:
    """Lets ``read`` return a weight when it is first needed; returns its place holder, or None to have it at once.

    Only large weights of convolutions can wait. A decoder's may not: the file may be gone by the end of a run.
    Layers that keep sums of their weights read them once for those, and no more (`MinimalConvolution`).
    """
    path, _, kind = name.rpartition(".")
    layer: Any = network.get_submodule(path)
    size = getattr(layer, kind).numel() * dtype.itemsize
    if (
        kind != "weight"
        or not _can_be_packed(layer)
        or size < _LARGE_BYTES
        or dtype not in _DTYPES
        or name.startswith(DECODERS)
    ):
        return None
    layer.__class__ = ProcessorConv2d
    return cast("ProcessorConv2d", layer).put_off(dtype, read)


def plain_weight(layer: Any) -> torch.Tensor:
    """Returns the weight of any layer, also of one that has it packed or has not read it yet."""
    if getattr(layer, "_read", None) is not None:
        return layer._read()
    weight: torch.Tensor = layer.weight
    return weight.to_dense() if weight.is_mkldnn else weight


def keep_weight(layer: Any) -> None:
    """Reads a weight that waits in its file, to have it in memory from now on."""
    if getattr(layer, "_read", None) is not None:
        layer._unpack()


def version_of(weight: torch.Tensor | None) -> int:
    """Counts changes in place; torch counts none of tensors that were made in inference mode."""
    return 0 if weight is None or weight.is_inference() else weight._version


class ProcessorLinear(torch.nn.Linear):
    """A linear layer with plain weights: packing them would gain no more than 4 %."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (..., features)."""
        try:
            return _product(input, self.weight, self.bias)
        except Exception as error:  # noqa: BLE001  the operator is private; the public one has the last word
            return _plainly(self, torch.nn.Linear, error)(input)


def _product(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """Returns (..., features), small ones by torch's own operator, which has half as much to prepare."""
    if x.numel() * len(weight) <= _FEW_PRODUCTS:
        return torch.nn.functional.linear(x, weight, bias)
    return _operators._linear_pointwise(x, weight, bias, "none", [], "")


class ProcessorPackedLinear(Packed, ProcessorLinear):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A linear layer whose packed weight is unpacked for each call."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (..., features)."""
        try:
            return _product(*self.operands(input), self.bias)
        except Exception as error:  # noqa: BLE001  the operator is private; the public one has the last word
            return _plainly(self, PackedLinear, error)(input)


def use_processor_layer(layer: torch.nn.Module) -> None:
    """Makes a layer one of these where there is one for it."""
    if _can_be_packed(layer):
        _become(layer, ProcessorConv2d)
    elif type(layer) is torch.nn.Linear:
        _become(layer, ProcessorLinear)
    elif type(layer) is PackedLinear:
        _become(layer, ProcessorPackedLinear)


def _can_be_packed(layer: torch.nn.Module) -> bool:
    return type(layer) is torch.nn.Conv2d and layer.padding_mode == "zeros" and layer.padding != "same"


def _become(layer: Any, kind: type[torch.nn.Module]) -> None:
    dtype = getattr(layer, "dtype", None) or layer.weight.dtype  # a packed weight would be unpacked to tell it
    if next(layer.parameters()).device.type == "cpu" and dtype in _DTYPES:
        layer.__class__ = kind


def _plainly(layer: torch.nn.Module, kind: type[torch.nn.Module], error: Exception) -> torch.nn.Module:
    """Returns the layer as one of torch's, which it is from now on; raises an error of memory, as that helps none.

    Torch's numbers differ in the last bits: a run that is repeated with more room must not go on with them.
    Weights that cannot be read are raised too.
    """
    if is_out_of_memory(error) or isinstance(error, EmulsionError):
        raise error
    log.warning("a layer is computed by torch's own operator: %s", error)
    layer.__class__ = kind
    return layer
