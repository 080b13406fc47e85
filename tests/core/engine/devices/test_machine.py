"""The machine is described without naming anybody or anything of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.engine.devices.machine import computed_by, machine
from tests.nvidia import nvidia_gpu


def test_processor_memory_and_torch_are_told_a_line_each() -> None:
    lines = dict(line.split(": ", 1) for line in machine())
    assert {"processor", "memory", "torch"} <= set(lines)
    assert "cores" in lines["processor"]
    assert lines["memory"].endswith(" free")
    assert "built for" in lines["torch"]


def test_no_folder_of_the_user_is_named() -> None:
    assert str(Path.home()) not in "\n".join(machine())


def test_a_run_that_is_taken_up_elsewhere_tells_both() -> None:
    here = computed_by(torch.device("cpu"), "float32", "")
    assert here.endswith(f"{torch.get_num_threads()} threads, torch {torch.__version__}, float32")
    assert computed_by(torch.device("cpu"), "float32", "", here) == here
    moved = computed_by(torch.device("cpu"), "float32", "", "Example 4070 (8.9), torch 2.9.1, bfloat16")
    assert moved == f"Example 4070 (8.9), torch 2.9.1, bfloat16; then {here}"
    assert computed_by(torch.device("cpu"), "float32", "", moved) == moved
    assert len(computed_by(torch.device("cpu"), "float32", "", "x" * 1000)) <= 1000


def test_a_gpu_is_told_with_all_that_its_last_bits_hang_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91900)
    with nvidia_gpu():
        text = computed_by(torch.device("cuda:0"), "bfloat16", "compiled")
    torch_, gpu = f"torch {torch.__version__}", "NVIDIA GeForce RTX 4070 (8.9)"
    assert text == f"{gpu}, {torch_}, cuDNN 91900, bfloat16, compiled"
