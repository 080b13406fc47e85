"""A stand-in for an Apple GPU: tensors that say they are on ``mps``, and refuse what Metal refuses.

The numbers are computed by the processor. Held to: no float64, no mixing with tensors of the processor but for
single numbers, no way to numpy but by a copy. The texts are those of torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

NO_FLOAT64 = (
    "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. "
    "Please use float32 instead."
)
MPS, CPU = torch.device("mps"), torch.device("cpu")
ATEN = torch.ops.aten
ASKING = (torch.Tensor.__getitem__, torch.Tensor.__setitem__, torch.Tensor.contiguous)
"""Methods that ask torch itself for the device."""

READING = (ATEN._local_scalar_dense.default, ATEN.item.default, ATEN.is_nonzero.default)
COPIES = (ATEN._to_copy.default, ATEN.copy_.default)


class AppleTensor(torch.Tensor):
    """Holds a tensor of the processor, which ``held`` is; `Apple.device` says where it is."""

    held: torch.Tensor
    gpu: Apple

    @staticmethod
    def __new__(cls: Any, inner: torch.Tensor, gpu: Apple) -> AppleTensor:
        gpu.refuse(inner.dtype)
        return torch.Tensor._make_wrapper_subclass(  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=gpu.device,
        )

    def __init__(self, inner: torch.Tensor, gpu: Apple) -> None:
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
        tensors = [leaf for leaf in tree_leaves((args, options)) if isinstance(leaf, torch.Tensor)]
        ours = [tensor for tensor in tensors if isinstance(tensor, AppleTensor)]
        gpu = ours[0].gpu
        counts = gpu.counts
        if func is ATEN._has_compatible_shallow_copy_type.default:
            return len(ours) == len(tensors)
        strangers = [tensor for tensor in tensors if not isinstance(tensor, AppleTensor) and tensor.dim() > 0]
        if strangers and func not in COPIES:
            raise RuntimeError(f"Expected all tensors to be on the same device: {func} with {gpu.device} and cpu")
        target = torch.device(options.get("device") or gpu.device)
        if "device" in options:
            options["device"] = CPU
        if func in READING:
            counts["item"] += 1
        if target.type == "cpu" or (func is ATEN.copy_.default and not isinstance(args[0], AppleTensor)):
            counts["to cpu"] += 1
            gpu.refuse(options.get("dtype"))  # converted before it leaves the device
        inner_args, inner_options = tree_map(_unwrap, (args, options))
        result = func(*inner_args, **inner_options)
        if target.type == "cpu":
            return result
        return tree_map(partial(_result, ours=ours, gpu=gpu), result)


def _unwrap(value: Any) -> Any:
    return value.held if isinstance(value, AppleTensor) else value


def _result(value: Any, ours: list[AppleTensor], gpu: Apple) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    changed = [tensor for tensor in ours if tensor.held is value]  # by an operation in place
    return changed[0] if changed else AppleTensor(value, gpu)


@dataclass
class Apple(TorchFunctionMode):
    """Makes tensors on ``device`` while it is entered, of which the processor's torch has none.

    Attributes:
        has_float64: as other GPUs than Apple's have.
        counts: copies to the processor ("to cpu"), and numbers read from the device ("item").
    """

    counts: Counter[str] = field(default_factory=Counter)
    device: torch.device = MPS
    has_float64: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = dict(kwargs or {})
        if func is torch.Tensor.to and any(self._is_here(value) for value in (*args[1:], *options.values())):
            return self._brought(args[0], args[1:], options)
        if func in ASKING and isinstance(args[0], AppleTensor):
            result = func(*tree_map(_unwrap, args), **options)
            return result if result is None else AppleTensor(result, self)
        if self._is_here(options.get("device")):
            self.refuse(options.get("dtype"))
            return AppleTensor(func(*args, **{**options, "device": CPU}), self)
        return func(*args, **options)

    def refuse(self, dtype: torch.dtype | None) -> None:
        """Raises TypeError for what the GPU does not know."""
        if dtype is torch.float64 and not self.has_float64:
            raise TypeError(NO_FLOAT64)

    def _is_here(self, value: Any) -> bool:
        return isinstance(value, torch.device | str) and str(value).partition(":")[0] == self.device.type

    def _brought(self, tensor: torch.Tensor, args: tuple[Any, ...], options: dict[str, Any]) -> torch.Tensor:
        dtypes = (value for value in (*args, *options.values()) if isinstance(value, torch.dtype))
        dtype = next(dtypes, tensor.dtype)
        if isinstance(tensor, AppleTensor):
            return tensor.to(dtype)
        self.counts[f"to {self.device.type}"] += 1
        return AppleTensor(tensor.detach().to(dtype, copy=True), self)


@contextmanager
def apple_gpu() -> Generator[Apple]:
    """Lets torch find an Apple GPU, until the block is left."""
    with pytest.MonkeyPatch.context() as patch, Apple() as apple:
        patch.setattr(torch.backends.mps, "is_available", lambda: True)
        patch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *_version: True)  # pyright: ignore
        patch.setattr(torch.mps, "recommended_max_memory", lambda: 12 * 2**30)
        patch.setattr(torch.mps, "driver_allocated_memory", lambda: 0)
        patch.setattr(torch.mps, "empty_cache", lambda: None)
        patch.setattr(torch.mps, "synchronize", lambda: None)
        yield apple
