from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.window.device_label import ChosenDevice, DeviceReadout, memory_bytes


def test_the_device_is_named_with_its_precision_and_the_memory(qtbot: QtBot) -> None:
    readout = DeviceReadout()
    qtbot.addWidget(readout)
    readout.show_device(ChosenDevice("cpu", "x86_64", "bfloat16", "cpu in bfloat16: as asked\ncuda: not found"))
    assert readout.text().startswith("CPU  ·  bfloat16  ·  ")
    assert "cuda: not found" in readout.toolTip()


def test_a_gpu_is_named_and_a_long_name_cut(qtbot: QtBot) -> None:
    readout = DeviceReadout()
    qtbot.addWidget(readout)
    readout.show_device(ChosenDevice("cuda", "NVIDIA GeForce RTX 4070", "float16", ""))
    assert readout.text().startswith("NVIDIA GeForce RTX 4070 (CUDA)  ·  float16")
    readout.show_device(ChosenDevice("cuda", "N" * 200, "float16", ""))
    assert len(readout.text()) < 80


def test_memory_is_that_of_this_process() -> None:
    assert 10_000_000 < memory_bytes() < 64 * 2**30
