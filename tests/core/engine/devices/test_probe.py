"""A GPU is tried before it is chosen: made-up properties and the real texts of drivers stand for broken ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from core.engine.devices import probe
from core.engine.devices.device import plan
from core.errors import DeviceMissing
from tests.made_up_gpus import NEW, OLD, ROCM_7, TURING, Gpu, computes, gpus
from tests.nvidia import nvidia_gpu

DRIVER = (
    "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nCUDA kernel errors might be asynchronously "
    "reported at some other API call, so the stacktrace below might be incorrect."
)


def test_a_gpu_without_code_for_it_is_told_of_and_the_processor_taken() -> None:
    with gpus(OLD):
        chosen = plan()
        assert chosen.device.type == "cpu"
        assert chosen.found[0] == (
            "cuda: found, but cannot be used: this build of torch has no code for its compute capability 6.1, "
            "only for 7.5, 8.0, 8.6, 9.0, 10.0, 12.0"
        )
        with pytest.raises(DeviceMissing) as refused:
            plan("cuda")
        assert "6.1" in refused.value.reason


@pytest.mark.parametrize("gpu", [NEW, TURING, Gpu("RTX 5090", 12, 0), Gpu("a later one", 14, 0)], ids=str)
def test_code_of_the_same_generation_and_ptx_run(gpu: Gpu) -> None:
    with gpus(gpu):
        assert not probe._missing_code(torch.device("cuda:0"))  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("architecture", "there", "is_told"),
    [
        ("gfx1100", ROCM_7, False),
        ("gfx942:sramecc+:xnack-", ROCM_7, False),
        ("gfx1036", ROCM_7, True),
        ("gfx900:xnack-", ROCM_7, True),
        ("gfx1103", ["gfx11-generic"], False),
        ("gfx1036", ["gfx9-generic", "gfx11-generic", "gfx1030"], True),
        ("gfx906:sramecc+:xnack-", ["gfx906:xnack-", "gfx1030"], False),
        ("gfx906", ["gfx9-4-generic", "gfx1030"], True),
        ("gfx1103", [], False),
    ],
)
def test_an_amd_gpu_without_code_is_not_tried_since_that_would_end_the_process(
    architecture: str, there: list[str], *, is_told: bool
) -> None:
    gpu = Gpu("AMD Radeon Graphics", 11, 0, architecture)
    with gpus(gpu, hip="7.2", get_arch_list=lambda: there):
        reason = probe._missing_code(torch.device("cuda:0"))  # pyright: ignore[reportPrivateUsage]
        assert bool(reason) is is_told
        assert not is_told or (architecture.partition(":")[0] in reason and "gfx1030" in reason)


@dataclass
class Faulty(TorchFunctionMode):
    """Fails, or computes no numbers, in one function."""

    name: str
    fails: bool

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__name__", "") != self.name:
            return func(*args, **(kwargs or {}))
        if self.fails:
            raise torch.AcceleratorError("CUDA error: no kernel image is available for execution\nCompile with …")
        return func(*args, **(kwargs or {})) * float("nan")


@pytest.mark.parametrize("name", ["matmul", "conv2d", "scaled_dot_product_attention"])
def test_a_gpu_is_tried_with_all_that_networks_are_made_of(name: str) -> None:
    with nvidia_gpu():
        assert plan().device == torch.device("cuda:0")
        with Faulty(name, fails=True):
            chosen = plan()
        assert chosen.device.type == "cpu"
        assert chosen.found[0].endswith("no kernel image is available for execution")
        with Faulty(name, fails=False):
            assert plan().found[0].endswith("it computes values that are not numbers")


def test_a_driver_that_fails_is_quoted_and_the_next_gpu_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_is_busy(device: torch.device) -> str:
        return probe.first_sentence(DRIVER) if device.index == 0 else ""

    computes(monkeypatch)
    monkeypatch.setattr("core.engine.devices.device.failure_of", first_is_busy)
    with gpus(NEW, NEW):
        chosen = plan()
        assert str(chosen.device) == "cuda:1"
        assert chosen.found[0].endswith("used: CUDA error: CUDA-capable device(s) is/are busy or unavailable")
        assert str(plan("cuda:1").device) == "cuda:1"
        assert chosen.gpus == (("cuda:0", "GeForce RTX 4070"), ("cuda:1", "GeForce RTX 4070"))
        for wrong in ("cuda:2", "xpu", "mps"):
            with pytest.raises(DeviceMissing) as refused:
                plan(wrong)
            assert refused.value.available == ("cuda:0", "cuda:1", "cpu")


def test_a_driver_that_does_not_start_is_no_crash() -> None:
    def fails(_device: Any) -> Any:
        raise RuntimeError(DRIVER)

    with gpus(NEW, get_device_properties=fails):
        assert plan().device.type == "cpu"


def test_the_reason_of_the_driver_is_heard() -> None:
    def too_old() -> bool:
        text = "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040)."
        warnings.warn(f"{text} (Triggered internally at CUDAFunctions.cpp:119.)", stacklevel=1)
        return False

    with gpus(is_available=too_old):
        assert (
            plan().found[0].startswith("cuda: not found, CUDA initialization: The NVIDIA driver on your system is")
        )
