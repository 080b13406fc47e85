"""GPUs that are not here, of made-up properties: torch finds them, and nothing can be computed on them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

import pytest
import torch

ROCM_7 = ["gfx908", "gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1101", "gfx1200"]
CUDA_13 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]
GIB = 2**30


@dataclass(frozen=True)
class Gpu:
    name: str
    major: int = 8
    minor: int = 6
    gcnArchName: str = ""  # noqa: N815
    total_memory: int = 8 * GIB
    has_fp64: bool = True


OLD, TURING, NEW = (
    Gpu("NVIDIA GeForce GTX 1080", 6, 1),
    Gpu("NVIDIA GeForce RTX 2070", 7, 5),
    Gpu("GeForce RTX 4070", 8, 9),
)


@contextmanager
def gpus(*there: Gpu, hip: str | None = None, kind: str = "cuda", **functions: Any) -> Generator[None]:
    """Lets torch find these GPUs; nothing can be computed on them. ``kind``: ``cuda`` or ``xpu``."""
    module = getattr(torch, kind)
    values = {
        "is_available": True,
        "device_count": len(there),
        "memory_reserved": 2 * GIB,
        "memory_allocated": GIB,
        "mem_get_info": (3 * GIB, 8 * GIB),
    }
    defaults: dict[str, Any] = {name: Mock(return_value=value) for name, value in values.items()}

    def properties(device: Any) -> Gpu:
        return there[torch.device(device).index or 0]

    defaults["get_device_properties"] = properties
    if kind == "cuda":
        defaults["get_arch_list"] = lambda: CUDA_13 if hip is None else ROCM_7
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.version, "hip", hip)
        for name, function in (defaults | functions).items():
            patch.setattr(module, name, function)
        yield


def computes(monkeypatch: pytest.MonkeyPatch, *, is_fused: bool = True) -> None:
    """Lets the GPUs pass the trial, with a fused kernel for attention or without."""
    for name, answer in (("failure_of", ""), ("is_fused", is_fused)):
        monkeypatch.setattr(f"core.engine.devices.device.{name}", Mock(return_value=answer))
