"""Recognises the errors that mean there was no memory."""

from __future__ import annotations

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """torch has a type for it on graphics cards only: on the processor it is a RuntimeError among others."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
