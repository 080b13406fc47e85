"""Chooses the device and the precision of a run, with reasons in words that can be shown."""

from dataclasses import dataclass
from typing import Any

import psutil
import torch

from core.errors import DeviceMissing
from core.models.memory_plan import DeviceMemory, computer_memory

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The choice for a run.

    Attributes:
        name: the device in words ("NVIDIA GeForce RTX 4070").
        reason: why this device and dtype, one sentence.
        memory: total memory in bytes, or None where the device does not tell.
        found: one line for each kind of device: there, or why not.
        weight_bits: of text encoders and networks, packed as `core.engine.weights.quantisation` does;
            None: as dtype says.
    """

    device: torch.device
    dtype: torch.dtype
    name: str
    reason: str
    memory: int | None
    found: tuple[str, ...]
    weight_bits: int | None = None

    @property
    def dtype_name(self) -> str:
        return str(self.dtype).removeprefix("torch.")

    def describe(self) -> str:
        """Returns the whole plan as lines of text, for ``emulsion doctor`` and the diagnostics page."""
        memory = f", {self.memory / 2**30:.1f} GiB" if self.memory else ""
        chosen = f"{self.device.type} ({self.name}{memory}) in {self.dtype_name}: {self.reason}"
        return "\n".join((chosen, *self.found))


@dataclass(frozen=True, slots=True)
class _Backend:
    kind: str
    module: Any
    missing: str

    def is_available(self) -> bool:
        return self.module is None or self.module.is_available()


_BACKENDS = (
    _Backend("cuda", torch.cuda, "no NVIDIA or AMD GPU that this build of torch can use"),
    _Backend("mps", torch.backends.mps, "no Apple GPU, or macOS is too old"),
    _Backend("xpu", torch.xpu, "no Intel GPU that this build of torch can use"),
    _Backend("cpu", None, ""),
)


def plan(device: str | None = None, dtype: str | None = None) -> DevicePlan:
    """Chooses the fastest device that is there, and the dtype that suits it.

    Args:
        device: override: ``cuda``, ``cuda:1``, ``mps``, ``xpu`` or ``cpu``.
        dtype: override: a key of `DTYPES`.

    Raises:
        DeviceMissing: what was asked for is not there.
    """
    available = tuple(backend.kind for backend in _BACKENDS if backend.is_available())
    if dtype is not None and dtype not in DTYPES:
        raise DeviceMissing(dtype, tuple(DTYPES))
    if device is None:
        kind, chosen_because = available[0], "the first that is there of CUDA, MPS, XPU, CPU"
        chosen = torch.device(kind)
    else:
        chosen = _asked_device(device, available)
        kind, chosen_because = chosen.type, "as asked"
    best_dtype, dtype_because = _best_dtype(chosen)
    if dtype is not None:
        best_dtype, dtype_because = DTYPES[dtype], "as asked"
    return DevicePlan(
        device=chosen,
        dtype=best_dtype,
        name=_name(chosen),
        reason=f"device: {chosen_because}; precision: {dtype_because}",
        memory=_memory(chosen),
        found=tuple(
            f"{backend.kind}: " + ("found" if backend.kind in available else f"not found, {backend.missing}")
            for backend in _BACKENDS
        ),
    )


def memory_now(plan: DevicePlan) -> DeviceMemory:
    """Returns the memory of the device, and the part that a model could have now."""
    device = plan.device
    match device.type:
        case "cuda":
            free, total = torch.cuda.mem_get_info(device)
            kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
            return DeviceMemory("cuda", total, free + kept)
        case "xpu":
            free, total = torch.xpu.mem_get_info(device)
            return DeviceMemory("xpu", total, free)
        case "mps":  # shares the computer's memory, and may have a part of it
            shared, most = computer_memory(), torch.mps.recommended_max_memory()
            return DeviceMemory("mps", most, min(shared.free, most - torch.mps.driver_allocated_memory()))
        case _:
            return computer_memory()


def _asked_device(device: str, available: tuple[str, ...]) -> torch.device:
    try:
        asked = torch.device(device)
    except RuntimeError as error:
        raise DeviceMissing(device, available) from error
    if asked.type not in available:
        raise DeviceMissing(device, available)
    if asked.type == "cuda" and (asked.index or 0) >= torch.cuda.device_count():
        raise DeviceMissing(device, tuple(f"cuda:{i}" for i in range(torch.cuda.device_count())))
    return asked


def _best_dtype(device: torch.device) -> tuple[torch.dtype, str]:
    match device.type:
        case "cuda" if torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16, "this GPU computes in bfloat16"
        case "cuda" | "mps" | "xpu":
            return torch.float16, "half the memory of float32, on every GPU of this kind"
        case _:
            capabilities = torch.cpu.get_capabilities()
            if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("arm_bf16"):
                return torch.bfloat16, "this processor has instructions for bfloat16, twice as fast as float32"
            return torch.float32, "this processor has no instructions for 16-bit numbers"


def _name(device: torch.device) -> str:
    match device.type:
        case "cuda":
            return torch.cuda.get_device_name(device)
        case "xpu":
            return torch.xpu.get_device_name(device)
        case "mps":
            return "Apple GPU"
        case _:
            return str(torch.cpu.get_capabilities().get("cpu_name") or "processor")


def _memory(device: torch.device) -> int | None:
    match device.type:
        case "cuda":
            return torch.cuda.get_device_properties(device).total_memory
        case "xpu":
            return torch.xpu.get_device_properties(device).total_memory
        case _:
            return psutil.virtual_memory().total
