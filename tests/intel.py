"""A stand-in for an Intel GPU of the series Arc A: that for NVIDIA's, but without float64."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import torch
from diffusers.utils import torch_utils

from tests.made_up_gpus import GIB, Gpu
from tests.nvidia import Nvidia, gpu_with_memory

XPU = torch.device("xpu", 0)
NO_FLOAT64 = "Required aspect fp64 is not supported on the device"


@dataclass
class Intel(Nvidia):
    """Refuses float64, and no other dtype."""

    device: torch.device = XPU

    def refuse(self, dtype: torch.dtype | None) -> None:
        """Raises RuntimeError, as the driver does."""
        if dtype is torch.float64:
            raise RuntimeError(NO_FLOAT64)

    def shortage(self) -> RuntimeError:
        return torch.OutOfMemoryError("XPU out of memory. Tried to allocate 20.00 MiB.")


@contextmanager
def intel_gpu() -> Generator[Intel]:
    """Lets torch find such a GPU, until the block is left."""
    gpu, lacking = Intel(), torch_utils._DTYPE_UNSUPPORTED_DEVICES  # pyright: ignore[reportPrivateUsage]
    properties = Gpu("Intel(R) Arc(TM) A770", total_memory=16 * GIB, has_fp64=False)
    with pytest.MonkeyPatch.context() as patch, gpu_with_memory(torch.xpu, properties, gpu):
        patch.setitem(lacking, torch.float64, set(lacking[torch.float64]))  # the engine adds to it
        yield gpu
