"""A stand-in for an Apple GPU: tensors that say they are on ``mps``, and refuse what Metal refuses.

The numbers are computed by the processor. Held to: no float64, no floats of 8 bits, no mixing with tensors of the
processor but for single numbers, no way to numpy but by a copy. The texts are those of torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

NO_FLOAT64 = (
    "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. "
    "Please use float32 instead."
)
NO_FLOAT8 = "Trying to convert {} to the MPS backend but it does not have support for that dtype."
FLOATS_8 = {torch.float8_e4m3fn: "Float8_e4m3fn", torch.float8_e5m2: "Float8_e5m2"}
NO_MEMORY = (
    "MPS backend out of memory (MPS allocated: 11.94 GB, other allocations: 0 bytes, max allowed: 12.00 GB)."
)
MPS, CPU = torch.device("mps"), torch.device("cpu")
ATEN = torch.ops.aten
TENSOR = torch.Tensor
SETTING = frozenset({TENSOR.data.__set__})  # pyright: ignore

OF_DATA = frozenset({torch.tensor, torch.as_tensor, torch.asarray, TENSOR.new_tensor})
"""Functions that copy numbers to the device."""

NUMBERS = frozenset({TENSOR.tolist, TENSOR.__float__, TENSOR.__int__, TENSOR.__bool__})
"""Methods that read numbers."""

INDEXING = frozenset({TENSOR.__getitem__, TENSOR.__setitem__})
ASKING = (
    INDEXING | NUMBERS | {TENSOR.new_tensor, TENSOR.contiguous, torch.nn.functional.multi_head_attention_forward}
)
"""Functions that ask torch itself for the device, here or further in."""

READING = frozenset({ATEN._local_scalar_dense, ATEN.item, ATEN.is_nonzero, ATEN.equal})
SIZING = frozenset({ATEN.nonzero, ATEN.masked_select, ATEN._unique2, ATEN.unique_dim, ATEN.unique_consecutive})
"""Operations that wait for the device, to know how large their results are."""

COUNTING = (ATEN.repeat_interleave.Tensor, ATEN.repeat_interleave.self_Tensor)
"""Operations that do so unless they are told; with one number for all torch expands and copies."""

CONVOLUTIONS = frozenset(
    {ATEN.convolution, ATEN.conv1d, ATEN.conv2d, ATEN.conv3d, ATEN.conv_transpose1d, ATEN.conv_transpose2d}
)

COPIES = (ATEN._to_copy.default, ATEN.copy_.default)


class AppleTensor(torch.Tensor):
    """Holds a tensor of the processor, which ``held`` is; `Apple.device` says where it is."""

    held: torch.Tensor
    gpu: Apple

    @staticmethod
    def __new__(cls: Any, inner: torch.Tensor, gpu: Apple, *, is_view: bool = False) -> AppleTensor:
        """``is_view``: of a tensor from outside of inference, as which it counts then, too."""
        gpu.refuse(inner.dtype)
        with torch.inference_mode(mode=False) if is_view else nullcontext():
            return torch.Tensor._make_wrapper_subclass(  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
                cls,
                inner.size(),
                strides=inner.stride(),
                storage_offset=inner.storage_offset(),
                dtype=inner.dtype,
                device=gpu.device,
            )

    def __init__(self, inner: torch.Tensor, gpu: Apple, *, is_view: bool = False) -> None:
        del is_view
        self.held = inner
        self.gpu = gpu

    def record_stream(self, s: Any) -> None: ...

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"AppleTensor({self.held!r})"

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, _types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        options = dict(kwargs or {})
        ours, strangers = _sorted((args, options))
        gpu = ours[0].gpu
        if strangers and func not in COPIES:
            raise RuntimeError(f"Expected all tensors to be on the same device: {func} with {gpu.device} and cpu")
        if func not in COPIES:
            gpu.refuse_operands(func, args, options)
        told = (one for one in (options.get("device"), *args) if isinstance(one, torch.device))
        target = next(told, gpu.device)
        if "device" in options:
            options["device"] = CPU
        gpu.counts["item"] += func.overloadpacket in READING or _waits(func, args, options)
        if target.type == "cpu" or (func is ATEN.copy_.default and not isinstance(args[0], AppleTensor)):
            gpu.counts["to cpu"] += 1
            gpu.refuse(options.get("dtype"))  # converted before it leaves the device
        elif strangers:
            gpu.counts[gpu.here] += 1
        inner_args, inner_options = _mapped(_unwrap, (args, options))
        result = func(*inner_args, **inner_options)
        if target.type == "cpu":
            return result.clone() if result is ours[0].held else result
        return _mapped(partial(_result, ours=ours, gpu=gpu), result)


def _sorted(values: Any) -> tuple[list[AppleTensor], list[torch.Tensor]]:
    """Returns the tensors on the device, and the others but for single numbers."""
    tensors = list(_tensors(values))
    others = [tensor for tensor in tensors if not isinstance(tensor, AppleTensor) and tensor.dim() > 0]
    return [tensor for tensor in tensors if isinstance(tensor, AppleTensor)], others


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """Changes each part of lists, tuples and dictionaries; torch's own `tree_map` takes four times as long."""
    if isinstance(value, dict):
        return {name: _mapped(change, part) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)([_mapped(change, part) for part in value])
    return tree_map(change, value) if isinstance(value, tuple) else change(value)


def _waits(func: Any, args: Sequence[Any], options: Container[str]) -> bool:
    is_mask = func is ATEN.index.Tensor and any(one is not None and one.dtype is torch.bool for one in args[1])
    is_counted = func in COUNTING and "output_size" not in options
    return is_mask or is_counted or func.overloadpacket in SIZING


def _unwrap(value: Any) -> Any:
    return value.held if isinstance(value, AppleTensor) else value


def _result(value: Any, ours: Sequence[AppleTensor], gpu: Apple) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    changed = [tensor for tensor in ours if tensor.held is value]  # by an operation in place
    if changed:
        return changed[0]
    is_view = value.untyped_storage().data_ptr() == ours[0].held.untyped_storage().data_ptr()
    if not is_view:
        gpu.allocate()
    return AppleTensor(value, gpu, is_view=is_view and not ours[0].is_inference())


@dataclass
class Apple(TorchFunctionMode):
    """Makes tensors on ``device`` while it is entered, of which the processor's torch has none.

    Attributes:
        knows_all_dtypes: as other GPUs than Apple's do.
        counts: copies to the processor ("to cpu") and to the device (`here`), numbers read from it ("item"), and
            tensors that took memory there ("taken").
        room: how many tensors still find memory, None for as many as there are; the one after them does not.
    """

    counts: Counter[str] = field(default_factory=Counter)
    device: torch.device = MPS
    knows_all_dtypes: bool = False
    room: int | None = None

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def here(self) -> str:
        """Returns the name of copies to the device in ``counts``; each of them is waited for."""
        return f"to {self.device.type}"

    def __torch_function__(
        self, func: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = dict(kwargs or {})
        if func is TENSOR.to and any(self._is_here(value) for value in (*args[1:], *options.values())):
            return self._brought(args[0], args[1:], options)
        if func in ASKING and isinstance(args[0], AppleTensor):
            return self._asked(func, args, options)
        if func in SETTING and any(isinstance(one, AppleTensor) for one in args):  # also from device to device
            is_parameter = isinstance(args[0], torch.nn.Parameter)
            with torch._C.DisableTorchFunction():  # pyright: ignore[reportPrivateUsage]
                new = torch.nn.Parameter(args[1], requires_grad=False) if is_parameter else args[1].detach()
                torch.utils.swap_tensors(args[0], new)
            return None
        if "device" in options and self._is_here(options["device"]):
            self.refuse(options.get("dtype"))
            self.allocate()
            self.counts[self.here] += func in OF_DATA
            self.counts["item"] += len(_sorted(args)[0])  # of a list that holds numbers of the device
            return AppleTensor(func(*_mapped(_unwrap, args), **{**options, "device": CPU}), self)
        return func(*args, **options)

    def refuse(self, dtype: torch.dtype | None) -> None:
        """Raises TypeError for what the GPU does not know."""
        if self.knows_all_dtypes:
            return
        if dtype is torch.float64:
            raise TypeError(NO_FLOAT64)
        if dtype in FLOATS_8:
            raise TypeError(NO_FLOAT8.format(FLOATS_8[dtype]))

    def refuse_operands(self, func: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Raises RuntimeError for what Metal computes wrongly and says nothing, until torch 2.14.

        Of a number out of a table of the processor it reads the table's first (pytorch issues 187117 and 191929),
        and it reads weights of convolutions as if they were in the plain layout (192212). In 16 bits its causal
        masks let three more places through (195910).
        """
        if self.knows_all_dtypes:
            return
        if func.overloadpacket in CONVOLUTIONS and not args[1].held.is_contiguous():
            raise RuntimeError("the weights of a convolution would be read in another order")
        is_causal = options.get("is_causal") or any(args[5:6])
        if func.overloadpacket is ATEN.scaled_dot_product_attention and is_causal:
            raise RuntimeError("words would see those behind them")
        for one in _tensors((args, options)):
            if not isinstance(one, AppleTensor) and one.storage_offset() and one.dtype is not torch.float64:
                raise RuntimeError("the first number of a table would be taken in the place of this one")

    def allocate(self) -> None:
        """Counts a tensor. Raises what the GPU raises when its memory is full."""
        self.counts["taken"] += 1
        if self.room is not None:
            self.room -= 1
            if self.room < 0:
                self.room = None
                raise self.shortage()

    def shortage(self) -> RuntimeError:
        return RuntimeError(NO_MEMORY)

    def _is_here(self, value: Any) -> bool:
        if isinstance(value, torch.device | str):
            return str(value).partition(":")[0] == self.device.type
        return isinstance(value, AppleTensor)

    def _brought(self, tensor: torch.Tensor, args: tuple[Any, ...], options: dict[str, Any]) -> torch.Tensor:
        values = (*args, *options.values())
        dtypes = (
            value if isinstance(value, torch.dtype) else value.dtype for value in values if _has_dtype(value)
        )
        dtype = next(dtypes, tensor.dtype)
        if isinstance(tensor, AppleTensor):
            return tensor.to(dtype)
        self.counts[self.here] += 1
        self.allocate()
        return AppleTensor(tensor.detach().to(dtype, copy=True), self)

    def _asked(self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        ours, strangers = _sorted((args, options))
        if strangers and func not in INDEXING:
            raise RuntimeError(f"Expected all tensors to be on the same device: {func} with {self.device} and cpu")
        self.counts["item"] += func in NUMBERS
        places = args[1] if func in INDEXING else ()
        is_list = any(isinstance(one, list) for one in (places if isinstance(places, tuple) else (places,)))
        self.counts[self.here] += bool(strangers) or is_list or func in OF_DATA
        held = func(*_mapped(_unwrap, args), **_mapped(_unwrap, options))
        return _mapped(partial(_result, ours=ours, gpu=self), held) if held is not None else None


def _has_dtype(value: Any) -> bool:
    return isinstance(value, torch.dtype | AppleTensor)


@contextmanager
def apple_gpu(again: Apple | None = None) -> Generator[Apple]:
    """Lets torch find an Apple GPU, until the block is left; ``again`` that of a block before."""
    with pytest.MonkeyPatch.context() as patch, again or Apple() as apple:
        patch.setattr(torch.backends.mps, "is_available", lambda: True)
        patch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *_version: True)  # pyright: ignore
        patch.setattr(torch, "_has_compatible_shallow_copy_type", Mock(return_value=True))
        patch.setattr(torch.mps, "recommended_max_memory", lambda: 12 * 2**30)
        patch.setattr(torch.mps, "driver_allocated_memory", lambda: 0)
        patch.setattr(torch.mps, "empty_cache", lambda: None)
        patch.setattr(torch.mps, "synchronize", lambda: None)
        yield apple
