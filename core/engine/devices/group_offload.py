"""diffusers' own group offload: brings each layer of a network just before it computes."""

import os
import platform

import torch
from diffusers.hooks.group_offloading import apply_group_offloading
from diffusers.hooks.hooks import HookRegistry

from core.engine.devices.part_hooks import CPU
from core.models.memory_plan import computer_memory

_HOOKS = ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading")
"""Names under which diffusers registers them (``diffusers/hooks/group_offloading.py``)."""

ROOM_TO_PIN = 1.1
"""Free memory of the computer, in sizes of a network's pinned copy, that suffices for one."""

WINDOWS_PINS = 0.45
"""A part of the computer's memory that can be pinned on Windows, whose driver refuses more than half."""


def put_into_groups(part: torch.nn.Module, device: torch.device) -> None:
    """Brings each layer while the one before computes, where the device has streams for that.

    The weights then wait in pinned memory, which is a second copy while it is made; where the computer has no
    room for one, each layer is pinned for its way only. Without streams they would also be copied back.
    """
    has_streams = device.type in ("cuda", "xpu")
    pinned = sum(_pinned(weight.nbytes) for weight in part.parameters())
    memory = computer_memory()
    is_windows = os.name == "nt" or "microsoft" in platform.release()  # or Linux on it (WSL 2)
    is_tight = memory.free < ROOM_TO_PIN * pinned or (is_windows and pinned > WINDOWS_PINS * memory.total)
    apply_group_offloading(
        part,
        device,
        CPU,
        offload_type="leaf_level",
        use_stream=has_streams,
        record_stream=has_streams,
        low_cpu_mem_usage=has_streams and is_tight,
    )


def _pinned(nbytes: int) -> int:
    """Returns the bytes that torch pins for so many: a power of two, nearly twice as much for FLUX.1's layers.

    ``CachingHostAllocator.h``, ``PowerOf2Ceil``.
    """
    return 1 << (nbytes - 1).bit_length() if nbytes else 0


def take_out_of_groups(part: torch.nn.Module) -> None:
    for name in _HOOKS:
        HookRegistry.check_if_exists_or_initialize(part).remove_hook(name, recurse=True)
