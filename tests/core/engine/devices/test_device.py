"""The plan says what was chosen and why, and refuses what is not there."""

from __future__ import annotations

import pytest
import torch

from core.engine.devices.device import plan
from core.errors import DeviceMissing


def test_the_plan_names_every_kind_of_device() -> None:
    lines = plan().describe().splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == ["cuda", "mps", "xpu", "cpu"]
    assert "precision" in lines[0]


def test_overrides_are_obeyed() -> None:
    chosen = plan("cpu", "float16")
    assert (chosen.device.type, chosen.dtype, chosen.dtype_name) == ("cpu", torch.float16, "float16")
    assert "as asked" in chosen.reason


def test_the_cpu_takes_bfloat16_only_where_it_has_instructions_for_it() -> None:
    capabilities = torch.cpu.get_capabilities()
    has_bfloat16 = any(capabilities.get(key) for key in ("avx512_bf16", "amx_bf16", "arm_bf16"))
    assert (plan("cpu").dtype is torch.bfloat16) == has_bfloat16


@pytest.mark.parametrize(("device", "dtype"), [("abacus", None), ("cuda:99", None), ("cpu", "float8"), ("", None)])
def test_what_is_not_there_is_refused_with_what_is(device: str, dtype: str | None) -> None:
    with pytest.raises(DeviceMissing) as caught:
        plan(device, dtype)
    assert caught.value.available
