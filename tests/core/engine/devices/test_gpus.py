"""The choice among GPUs that are not here: made-up properties and the real texts of drivers stand for them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from diffusers.utils import torch_utils
from torch.overrides import TorchFunctionMode

from core.engine.devices import probe
from core.engine.devices.device import held_by_us, memory_now, plan, use
from core.engine.devices.precision import best_dtype
from core.errors import DeviceMissing
from core.families import FAMILIES
from tests.apple import apple_gpu
from tests.nvidia import nvidia_gpu

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
BROKEN_FLOAT16 = (
    *("GeForce GTX 1630", "GeForce GTX 1650 with Max-Q Design", "GeForce GTX 1660 SUPER", "GeForce GTX 1660 Ti"),
    *("GeForce MX450", "GeForce MX550", "CMP 30HX", "Quadro T1000", "Quadro T2000 with Max-Q Design"),
    *("T400 4GB", "T500", "T550 Laptop GPU", "T600", "T1000 8GB", "T1200 Laptop GPU"),
)
NO_BFLOAT16 = (
    *("gfx803", "gfx900:xnack-", "gfx902", "gfx904", "gfx906:sramecc+:xnack-", "gfx909", "gfx90c:xnack-"),
    *("gfx1010:xnack-", "gfx1011", "gfx1012", "gfx1030", "gfx1031", "gfx1032", "gfx1034", "gfx1035", "gfx1036"),
)
BFLOAT16 = ("gfx908:sramecc+", "gfx90a:sramecc+", "gfx942", "gfx950", "gfx1100", "gfx1103", "gfx1151", "gfx1201")


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


@pytest.mark.parametrize(
    ("gpu", "hip", "expected"),
    [
        (NEW, None, torch.bfloat16),
        (TURING, None, torch.float16),
        *((Gpu(f"NVIDIA {name}", 7, 5), None, torch.float32) for name in BROKEN_FLOAT16),
        *((Gpu(name, 7, 5), None, torch.float16) for name in ("Tesla T4", "Tesla T40", "Quadro RTX 5000")),
        *((Gpu("AMD Radeon", 9, 0, name), "7.0", torch.float16) for name in NO_BFLOAT16),
        *((Gpu("AMD Radeon", 9, 0, name), "7.0", torch.bfloat16) for name in BFLOAT16),
    ],
    ids=str,
)
def test_the_precision_is_one_in_which_the_gpu_gives_numbers_fast(
    gpu: Gpu, hip: str | None, expected: torch.dtype
) -> None:
    with gpus(NEW, gpu, hip=hip):
        assert best_dtype(torch.device("cuda", 1))[0] is expected


@pytest.mark.parametrize("asked", [None, "float16"])
@pytest.mark.parametrize("is_apple", [True, False])
def test_z_image_is_never_computed_in_float16_unless_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, is_apple: bool
) -> None:
    computes(monkeypatch)
    with apple_gpu() if is_apple else gpus(TURING):
        chosen = plan(None, asked)
        assert chosen.dtype is torch.float16
        there = {key: chosen.fitting(family).dtype_name for key, family in FAMILIES.items()}
    assert there["z_image"] == (asked or ("bfloat16" if is_apple else "float32"))
    assert there["stable_diffusion_xl"] == "float16"


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


@pytest.mark.parametrize("name", ["mps", "mps:0", "cpu", "cpu:0"])
def test_the_only_one_of_a_kind_goes_by_its_name_with_and_without_a_number(name: str) -> None:
    with apple_gpu():
        chosen = plan(name)
        assert str(chosen.device) == name.partition(":")[0]
        with pytest.raises(DeviceMissing):
            plan("mps:3")


@pytest.mark.parametrize("has_fp64", [True, False])
def test_an_intel_gpu_without_float64_gets_positions_in_float32(
    monkeypatch: pytest.MonkeyPatch, *, has_fp64: bool
) -> None:
    lacking = torch_utils._DTYPE_UNSUPPORTED_DEVICES  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setitem(lacking, torch.float64, lacking[torch.float64])
    with gpus(Gpu("Intel(R) Arc(TM) A770", has_fp64=has_fp64), kind="xpu", set_device=Mock()):
        use(torch.device("xpu", 0))
    in_what = [
        torch_utils.maybe_adjust_dtype_for_device(torch.float64, torch.device(kind)) for kind in ("xpu", "cuda")
    ]
    assert in_what == [torch.float64 if has_fp64 else torch.float32, torch.float64]


@pytest.mark.parametrize(
    ("kind", "macos", "expected"),
    [("mps", (13, 7), "float32"), ("mps", (14, 0), "bfloat16"), ("xpu", None, "bfloat16")],
)
def test_other_gpus_have_bfloat16_for_what_float16_breaks(
    monkeypatch: pytest.MonkeyPatch, kind: str, macos: Any, expected: str
) -> None:
    computes(monkeypatch)
    with apple_gpu() if kind == "mps" else gpus(NEW, kind=kind), pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *version: macos >= version)  # pyright: ignore
        chosen = plan(kind)
        assert chosen.dtype is torch.float16
        assert chosen.fitting(FAMILIES["z_image"]).dtype_name == expected


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


DRIVER = (
    "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nCUDA kernel errors might be asynchronously "
    "reported at some other API call, so the stacktrace below might be incorrect."
)


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


def untold(_device: Any) -> Any:
    raise RuntimeError(
        "The device (Intel(R) Arc(TM) B580 Graphics) doesn't support querying the available free memory. You can "
        "file an issue at https://github.com/pytorch/pytorch/issues to help us prioritize its implementation."
    )


@pytest.mark.parametrize(
    ("kind", "functions", "free"),
    [
        ("cuda", {}, 4 * GIB),  # three that the driver knows, one that torch keeps
        ("xpu", {"mem_get_info": untold}, int(0.9 * 6 * GIB) + GIB),
        (
            "xpu",
            {"mem_get_info": Mock(return_value=(8 * GIB, 8 * GIB))},
            7 * GIB,
        ),  # a driver that forgets what is used
    ],
)
def test_free_memory_is_known_also_where_the_driver_does_not_tell(
    kind: str, functions: dict[str, Any], free: int
) -> None:
    device: Any = SimpleNamespace(device=torch.device(kind, 0), holds_scores=False)
    with gpus(NEW, kind=kind, **functions):
        assert memory_now(device).free == free


@pytest.mark.parametrize("is_fused", [True, False])
def test_the_memory_of_a_gpu_without_a_fused_kernel_for_attention_is_known_to_hold_its_scores(
    monkeypatch: pytest.MonkeyPatch, *, is_fused: bool
) -> None:
    computes(monkeypatch, is_fused=is_fused)
    with gpus(Gpu("AMD Radeon RX 6800", 10, 3, "gfx1030"), hip="7.0"):
        assert memory_now(plan()).holds_scores is not is_fused
    with apple_gpu():
        assert memory_now(plan("mps")).holds_scores is not is_fused
        assert not memory_now(plan("cpu")).holds_scores


@pytest.mark.parametrize(("system", "share"), [("posix", None), ("nt", (7 - 600 / 1024) / 8)])
def test_on_windows_memory_ends_in_an_error_before_the_computers_is_taken(
    monkeypatch: pytest.MonkeyPatch, system: str, share: float | None
) -> None:
    monkeypatch.setattr("core.engine.devices.device.os", SimpleNamespace(name=system))
    set_device, limit, gpu = Mock(), Mock(), torch.device("cuda", 1)
    free = Mock(return_value=(6 * GIB, 8 * GIB))
    with gpus(OLD, NEW, mem_get_info=free, set_device=set_device, set_per_process_memory_fraction=limit):
        use(gpu)
    set_device.assert_called_once_with(gpu)
    assert limit.call_count == (share is not None)
    if share is not None:
        limit.assert_called_once_with(share, gpu)


def test_an_intel_gpu_becomes_the_current_one() -> None:
    set_device, gpu = Mock(), torch.device("xpu", 1)
    with gpus(NEW, NEW, kind="xpu", set_device=set_device):
        use(gpu)
    set_device.assert_called_once_with(gpu)


def test_what_the_program_holds_is_that_of_the_gpu() -> None:
    for kind in ("cuda", "xpu"):
        with gpus(NEW, kind=kind):
            assert held_by_us(torch.device(kind, 0)) == 2 * GIB
