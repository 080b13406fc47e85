"""Chooses the device and the precision of a run, with reasons in words that can be shown."""

import os
from dataclasses import dataclass, replace
from typing import Any

import psutil
import torch

from core.engine.devices.precision import DTYPES, best_dtype, has_bfloat16, spare_float64
from core.engine.devices.probe import failure_of, is_available, is_fused
from core.errors import DeviceMissing
from core.families.spec import FamilySpec
from core.files.sizes import size_text
from core.language.words import tr
from core.models.acceleration import Acceleration
from core.models.memory_plan import DeviceMemory, computer_memory

CPU = torch.device("cpu")
KNOWN_TO_BE_FREE = 0.9
"""Part of what we do not hold ourselves, on a device that does not tell what others hold."""

WINDOWS_RESERVE = 600 * 2**20
"""Bytes of the GPU's memory for the desktop, which takes from ours otherwise; ComfyUI leaves as much."""


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The choice for a run.

    Attributes:
        name: the device in words ("NVIDIA GeForce RTX 4070").
        reason: why this device and dtype, one sentence.
        memory: total memory in bytes, or None where the device does not tell.
        found: one line for each kind of device: there, or why not.
        gpus: each graphics processor that is there, such as ``cuda:1``, and its name.
        is_dtype_asked: the precision was asked for, not chosen.
        acceleration: of the network's calls.
        is_offloaded: weights are read into the computer's memory, and come to the device when they are needed.
        holds_scores: as in `DeviceMemory`.
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
    gpus: tuple[tuple[str, str], ...] = ()
    is_dtype_asked: bool = False
    acceleration: Acceleration = Acceleration.automatic
    is_offloaded: bool = False
    holds_scores: bool = False

    @property
    def loads_on(self) -> torch.device:
        """Returns the device that weights are read to."""
        return CPU if self.is_offloaded else self.device

    @property
    def defers(self) -> bool:
        """Tells that large convolutions may be read at their first call, see `ProcessorConv2d`."""
        return self.device.type == "cpu" and self.weight_bits is None

    @property
    def dtype_name(self) -> str:
        return str(self.dtype).removeprefix("torch.")

    def fitting(self, family: FamilySpec) -> "DevicePlan":
        """Returns the plan in a precision in which the family's network gives numbers, unless one is asked."""
        if self.is_dtype_asked or self.dtype_name in family.dtypes:
            return self
        usable = {"float32": True, "bfloat16": has_bfloat16(self.device), "float16": True}
        dtype = next(name for name in family.dtypes if usable[name])
        return replace(self, dtype=DTYPES[dtype])

    def describe(self) -> str:
        """Returns the whole plan as lines of text, for ``emulsion doctor`` and the diagnostics page."""
        memory = f", {size_text(self.memory)}" if self.memory else ""
        chosen = tr(
            "{type} ({name}{memory}) in {dtype_name}: {reason}",
            type=self.device.type,
            name=self.name,
            memory=memory,
            dtype_name=self.dtype_name,
            reason=self.reason,
        )
        return "\n".join((chosen, *self.found))


@dataclass(frozen=True, slots=True)
class _Backend:
    kind: str
    module: Any
    missing: str


_BACKENDS = (
    _Backend("cuda", torch.cuda, tr("no NVIDIA or AMD GPU that this build of torch can use")),
    _Backend("mps", torch.backends.mps, tr("no Apple GPU, or macOS is too old")),
    _Backend("xpu", torch.xpu, tr("no Intel GPU that this build of torch can use")),
)


def plan(device: str | None = None, dtype: str | None = None) -> DevicePlan:
    """Chooses the fastest device that is there and computes, and the dtype that suits it.

    Args:
        device: override: ``cuda``, ``cuda:1``, ``mps``, ``xpu`` or ``cpu``.
        dtype: override: a key of `DTYPES`.

    Raises:
        DeviceMissing: what was asked for is not there, or does not compute.
    """
    if dtype is not None and dtype not in DTYPES:
        raise DeviceMissing(dtype, tuple(DTYPES))
    asked = None if device is None else _parsed(device)
    chosen = CPU if asked == CPU else None
    found, gpus = list[str](), list[tuple[str, str]]()
    for backend in _BACKENDS:
        is_there, reason = is_available(backend.module)
        those = _devices(backend) if is_there else ()
        failures = list[str]()
        for one in those:
            if chosen is None and asked in (None, one):
                if failure := failure_of(one):
                    failures.append(failure)
                else:
                    chosen = one
            gpus.append((str(one), name_of(one)))
        if asked in those and failures:
            raise DeviceMissing(str(asked), ("cpu",), failures[0])
        words = (
            tr("found, but cannot be used: {failures}", failures="; ".join(failures)) if failures else tr("found")
        )
        absent = tr("not found, {reason}", reason=reason or backend.missing)
        found.append(f"{backend.kind}: {words if those else absent}")
    if chosen is None and asked is not None:
        raise DeviceMissing(str(device), (*dict(gpus), "cpu"))
    chosen = chosen or CPU
    chosen_because = tr("the first that computes of CUDA, MPS, XPU, CPU") if asked is None else tr("as asked")
    best, dtype_because = best_dtype(chosen) if dtype is None else (DTYPES[dtype], tr("as asked"))
    return DevicePlan(
        device=chosen,
        dtype=best,
        name=name_of(chosen),
        reason=tr(
            "device: {chosen_because}; precision: {dtype_because}",
            chosen_because=chosen_because,
            dtype_because=dtype_because,
        ),
        memory=_memory(chosen),
        found=(*found, tr("cpu: found")),
        gpus=tuple(gpus),
        is_dtype_asked=dtype is not None,
        holds_scores=not is_fused(chosen, best),
    )


def share_threads(threads: int, engines: int) -> int:
    """Lets torch use one of so many equal shares of the processor's threads, in this thread.

    Returns how many there are in all, to be given again; ``threads`` is 0 the first time.
    """
    threads = threads or torch.get_num_threads()
    if torch.get_num_threads() != (share := max(threads // engines, 1)):
        torch.set_num_threads(share)
    return threads


def use(device: torch.device) -> None:
    """Makes the device the current one of this thread, by which streams and libraries find it.

    Windows' driver hands out the computer's memory, ten times as slow, where the GPU's is used up; so what is ours
    now and what is free, but for a reserve, is made a limit there: beyond it comes an error that can be handled.
    """
    match device.type:
        case "cuda":
            torch.cuda.set_device(device)
            if os.name == "nt":
                memory = _gpu_memory(torch.cuda, device)
                ours = memory.free + torch.cuda.memory_allocated(device)
                share = min(max(0.5, ours / memory.total), 1.0)
                torch.cuda.set_per_process_memory_fraction(share, device)
        case "xpu":
            torch.xpu.set_device(device)
            spare_float64(device)
        case _:
            pass


def memory_now(plan: DevicePlan) -> DeviceMemory:
    """Returns the memory of the device, and the part that a model could have now."""
    device = plan.device
    match device.type:
        case "cuda" | "xpu":
            memory = _gpu_memory(torch.get_device_module(device), device)
            return replace(memory, holds_scores=plan.holds_scores)
        case "mps":  # shares the computer's memory, and may have a part of it
            shared, most = computer_memory(), torch.mps.recommended_max_memory()
            free = min(shared.free, most - torch.mps.driver_allocated_memory())
            return DeviceMemory("mps", most, free, plan.holds_scores)
        case _:
            return computer_memory()


def held_by_us(device: torch.device) -> int | None:
    """Returns the bytes of a GPU's memory that this process holds; None for the processor."""
    match device.type:
        case "cuda" | "xpu":
            return torch.get_device_module(device).memory_reserved(device)
        case "mps":
            return torch.mps.driver_allocated_memory()
        case _:
            return None


def _gpu_memory(module: Any, device: torch.device) -> DeviceMemory:
    """``module``: torch's for this kind of device. What torch keeps for later counts as free."""
    total = module.get_device_properties(device).total_memory
    reserve = WINDOWS_RESERVE if os.name == "nt" else 0
    try:
        free, _ = module.mem_get_info(device)
    except RuntimeError:  # Intel's integrated and some of its other GPUs do not tell
        free = int(KNOWN_TO_BE_FREE * (total - module.memory_reserved(device)))
    kept = module.memory_reserved(device) - module.memory_allocated(device)
    return DeviceMemory(device.type, total, max(0, min(free + kept, total - kept) - reserve))


def _parsed(device: str) -> torch.device:
    """Returns the device with its number, where its kind has numbers. Raises DeviceMissing."""
    try:
        asked = torch.device(device)
    except RuntimeError as error:
        raise DeviceMissing(device, (*(backend.kind for backend in _BACKENDS), "cpu")) from error
    if asked.type in ("cuda", "xpu"):
        return torch.device(asked.type, asked.index or 0)
    return asked if asked.index else torch.device(asked.type)  # there is one, which goes by its name


def _devices(backend: _Backend) -> list[torch.device]:
    if backend.kind == "mps":
        return [torch.device("mps")]
    return [torch.device(backend.kind, index) for index in range(backend.module.device_count())]


def name_of(device: torch.device) -> str:
    """Returns the device in words, such as "NVIDIA GeForce RTX 4070"."""
    match device.type:
        case "cuda" | "xpu":
            try:
                return torch.get_device_module(device).get_device_properties(device).name
            except RuntimeError:  # a driver that does not start tells no names either
                return str(device)
        case "mps":
            return "Apple GPU"
        case _:
            return str(torch.cpu.get_capabilities().get("cpu_name") or "processor")


def _memory(device: torch.device) -> int | None:
    if device.type in ("cuda", "xpu"):
        return torch.get_device_module(device).get_device_properties(device).total_memory
    return psutil.virtual_memory().total
