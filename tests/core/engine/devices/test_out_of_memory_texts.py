"""The words by which each backend tells that it is out of memory, as their users have reported them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.devices.memory_errors import is_out_of_memory
from core.engine.devices.out_of_memory import RAN_OUT, answers, attempt
from core.engine.engine import Engine
from core.errors import DeviceLost
from core.models.catalogue import Catalogue
from core.request.request import GenerationRequest, Size
from core.runs.operations import Generate

ASYNCHRONOUS = "\nCUDA kernel errors might be asynchronously reported at some other API call"
OUT_OF_MEMORY = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    torch.OutOfMemoryError("XPU out of memory. Tried to allocate 1024.00 MiB."),
    torch.AcceleratorError(f"CUDA error: out of memory{ASYNCHRONOUS}"),
    torch.AcceleratorError("HIP error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("miopenStatusAllocFailed"),
    RuntimeError("GET was unable to find an engine to execute this computation"),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 7.23 GB, other allocations: 1.54 GB, max allowed: 9.07 GB). "
        "Tried to allocate 896.00 MB on private pool."
    ),
    RuntimeError("Invalid buffer size: 16.00 GB"),
    RuntimeError("UR backend failed. UR backend returns:40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)"),
    RuntimeError("level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)"),
    RuntimeError("Native API failed. Native API returns: -5 (PI_ERROR_OUT_OF_RESOURCES)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:116] data. DefaultCPUAllocator: not enough memory: you"),
    MemoryError(),
)
OTHERS = (
    torch.AcceleratorError(f"CUDA error: an illegal memory access was encountered{ASYNCHRONOUS}"),
    torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device"),
    RuntimeError("level_zero backend failed with error: 20 (UR_RESULT_ERROR_DEVICE_LOST)"),
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
    ValueError("out of memory"),
)
DEAD = torch.device("meta")
"""Computes no numbers, as a GPU after an error that is not to be mended."""


def failing(error: BaseException) -> Any:
    raise error


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_each_backend_is_understood(error: BaseException) -> None:
    assert is_out_of_memory(error)
    assert attempt(lambda: failing(error)) is RAN_OUT


@pytest.mark.parametrize("error", OTHERS, ids=str)
def test_other_errors_stay_what_they_are(error: BaseException) -> None:
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)):
        attempt(lambda: failing(error))


def test_the_number_of_an_error_tells_where_its_words_do_not() -> None:
    error: Any = torch.AcceleratorError("a sentence in another language")
    error.error_code = 2  # as torch sets it for CUDA
    assert is_out_of_memory(error)


def test_a_device_that_does_not_compute_any_more_is_known() -> None:
    assert answers(None)
    assert answers(torch.device("cpu"))
    assert not answers(DEAD)


@pytest.mark.parametrize("is_dead", [True, False])
def test_a_run_on_a_dead_device_says_so(models: Path, is_dead: bool) -> None:
    engine = Engine(Catalogue((models,)), "cpu", "float32")
    request = GenerationRequest("a", model="tiny", size=Size(64, 64), sampler="ddim", steps=1, seed=5)
    list(engine.run(Generate(request)))
    loaded = engine._context._loaded  # pyright: ignore[reportPrivateUsage]
    assert loaded is not None
    network = loaded.family.network()
    network.forward = lambda *_arguments, **_options: failing(OTHERS[0])  # pyright: ignore[reportUnknownLambdaType]
    if is_dead:
        engine.plan = replace(engine.plan, device=DEAD, name="GeForce")
    with pytest.raises(
        DeviceLost if is_dead else torch.AcceleratorError, match="GeForce" if is_dead else "illegal"
    ):
        list(engine.run(Generate(request)))
