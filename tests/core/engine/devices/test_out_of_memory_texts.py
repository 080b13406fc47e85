"""The words by which each backend tells that it is out of memory, as their users have reported them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

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
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasLtMatmul( ltHandle, …)`"),
    RuntimeError("CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasGemmEx( handle, …)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    RuntimeError("miopenStatusAllocFailed"),
    RuntimeError("GET was unable to find an engine to execute this computation"),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 7.23 GB, other allocations: 1.54 GB, max allowed: 9.07 GB). "
        "Tried to allocate 896.00 MB on private pool."
    ),
    RuntimeError("Invalid buffer size: 16.00 GB"),
    RuntimeError("UR backend failed. UR backend returns:40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)"),
    RuntimeError("level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)"),
    RuntimeError("level_zero backend failed with error: 38 (UR_RESULT_ERROR_OUT_OF_HOST_MEMORY)"),
    RuntimeError("Native API failed. Native API returns: -4 (PI_ERROR_MEM_OBJECT_ALLOCATION_FAILURE)"),
    RuntimeError("Native API failed. Native API returns: -5 (PI_ERROR_OUT_OF_RESOURCES)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:116] data. DefaultCPUAllocator: not enough memory: you"),
    RuntimeError("std::bad_alloc"),
    RuntimeError("bad allocation"),
    MemoryError(),
)
OTHERS = (
    torch.AcceleratorError(f"CUDA error: an illegal memory access was encountered{ASYNCHRONOUS}"),
    torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device"),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, …)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("level_zero backend failed with error: 20 (UR_RESULT_ERROR_DEVICE_LOST)"),
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
    ValueError("out of memory"),
)
GPU = torch.device("cuda")
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


@dataclass
class Failing(TorchFunctionMode):
    """A GPU that fails for some calls more, as after an error that is told late."""

    failures: int

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = dict(kwargs or {})
        if options.pop("device", None) == GPU and self.failures:
            self.failures -= 1
            raise OUT_OF_MEMORY[2]
        return func(*args, **options)


@pytest.mark.parametrize(("failures", "answers_then"), [(0, True), (1, True), (2, False)])
def test_a_device_that_does_not_compute_any_more_is_known(failures: int, *, answers_then: bool) -> None:
    assert answers(None)
    assert answers(torch.device("cpu"))
    assert not answers(DEAD)
    with Failing(failures):
        assert answers(GPU) is answers_then


@pytest.mark.parametrize("error", OUT_OF_MEMORY[1:4], ids=str)
def test_an_error_that_is_told_late_is_heard_to_its_end(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: GPU)
    with Failing(1) as gpu:
        assert attempt(lambda: failing(error)) is RAN_OUT
        assert gpu.failures == (0 if isinstance(error, torch.AcceleratorError) else 1)


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
