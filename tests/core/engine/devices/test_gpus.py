"""The choice among GPUs that are not here: made-up properties and the real texts of drivers stand for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from diffusers.utils import torch_utils

from core.engine.devices.device import held_by_us, memory_now, plan, use
from core.engine.devices.precision import best_dtype
from core.errors import DeviceMissing
from core.families import FAMILIES
from tests.apple import apple_gpu
from tests.made_up_gpus import GIB, NEW, OLD, TURING, Gpu, computes, gpus

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


@pytest.mark.parametrize(("system", "share"), [("posix", None), ("nt", (8 - 600 / 1024) / 8)])
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
