"""Recognises the errors by which devices and libraries tell of too little memory."""

import torch

SIGNS = (
    "out of memory",  # CUDA, HIP and XPU, also by other ways than torch's allocator; Apple: "MPS backend out of …"
    "Invalid buffer size",  # Apple: more than Metal gives to one tensor
    "STATUS_ALLOC_FAILED",  # cuBLAS, hipBLAS, and cuDNN until version 8
    "miopenStatusAllocFailed",  # AMD's in the place of cuDNN
    "ALLOCATION_FAIL",  # cuDNN since version 9, for host or device; Intel's OpenCL
    "blasCreate(handle)",  # the first product finds no room for the library's workspace
    "unable to find an engine to execute this computation",  # cuDNN without room for its workspace
    "OUT_OF_DEVICE_MEMORY",  # Intel's Level Zero, under its newer and older names
    "OUT_OF_RESOURCES",
    "OUT_OF_HOST_MEMORY",
    "DefaultCPUAllocator",
    "bad_alloc",  # of libraries of C++ on the processor
    "bad allocation",  # of those on Windows
)
"""Parts of the texts by which a RuntimeError tells of too little memory, where torch has no type for it."""

CUDA_ERROR_MEMORY_ALLOCATION = 2


def is_out_of_memory(error: BaseException) -> bool:
    """Tells by the type, and where torch has none for it by the text, which is all that a RuntimeError has."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    if getattr(error, "error_code", None) == CUDA_ERROR_MEMORY_ALLOCATION:
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)
