"""A stand-in for an NVIDIA GPU, with memory of its own: see `tests.apple`, whose tensors it has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest
import torch

from tests.apple import Apple, AppleTensor
from tests.made_up_gpus import GIB, Gpu

CUDA = torch.device("cuda", 0)


@dataclass
class Nvidia(Apple):
    """Streams are one; memory is pinned by name only.

    Copies to the processor that nobody waits for are counted once more ("to cpu, late").
    """

    device: torch.device = CUDA
    knows_all_dtypes: bool = True

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = dict(kwargs or {})
        options.pop("pin_memory", None)
        if func is torch.Tensor.pin_memory:
            return args[0].clone()
        if func is torch.Tensor.is_pinned:
            return True
        if func is torch.Tensor.copy_ and options.pop("non_blocking", False):
            self.counts["to cpu, late"] += not isinstance(args[0], AppleTensor)
        return super().__torch_function__(func, types, args, options)

    def shortage(self) -> RuntimeError:
        return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def _stream(_stream: object) -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def gpu_with_memory(module: Any, properties: Gpu, gpu: Nvidia) -> Generator[None]:
    """Lets torch find such a GPU, until the block is left; ``module`` is torch's for its kind."""
    answers: dict[str, Any] = {
        "is_available": True,
        "device_count": 1,
        "get_device_properties": properties,
        "get_arch_list": ["sm_80", "sm_90"],
        "mem_get_info": (10 * GIB, 12 * GIB),
        "memory_reserved": 0,
        "memory_allocated": 0,
    }
    with pytest.MonkeyPatch.context() as patch, gpu:
        for name, answer in answers.items():
            patch.setattr(module, name, Mock(return_value=answer))
        for name in ("set_device", "empty_cache", "synchronize", "Stream", "Event", "current_stream"):
            patch.setattr(module, name, MagicMock())
        patch.setattr(module, "stream", _stream)
        patch.setattr(torch.accelerator, "empty_host_cache", MagicMock())
        patch.setattr(torch, "_has_compatible_shallow_copy_type", Mock(return_value=True))
        yield


@contextmanager
def nvidia_gpu(again: Nvidia | None = None) -> Generator[Nvidia]:
    """Lets torch find an NVIDIA GPU, until the block is left; ``again`` that of a block before."""
    gpu = again or Nvidia()
    with gpu_with_memory(torch.cuda, Gpu("NVIDIA GeForce RTX 4070", 8, 9, total_memory=12 * GIB), gpu):
        yield gpu
