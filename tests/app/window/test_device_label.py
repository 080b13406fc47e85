from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.session.device import ChosenDevice, Device
from app.window import device_label
from app.window.device_label import DeviceLabel, memory_bytes


def test_the_device_is_named_with_its_precision_and_the_memory(qtbot: QtBot) -> None:
    device = Device()
    label = DeviceLabel(device)
    qtbot.addWidget(label)
    device.choose(ChosenDevice("cpu", "x86_64", "bfloat16", "cpu in bfloat16: as asked\ncuda: not found"))
    assert label.text().startswith("CPU  ·  bfloat16  ·  ")
    assert "cuda: not found" in label.toolTip()


def test_memory_is_told_from_the_device_on_and_goes_on(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_label, "MEASURED_EVERY_MS", 1)
    measured = iter((10**6, 2 * 10**6))
    monkeypatch.setattr(device_label, "memory_bytes", lambda: next(measured, 3 * 10**6))
    device = Device()
    label = DeviceLabel(device)
    qtbot.addWidget(label)
    qtbot.wait(20)
    assert label.text() == ""
    device.choose(ChosenDevice("cpu", "x86_64", "bfloat16", ""))
    assert label.text().endswith("1.0 MB")
    qtbot.waitUntil(lambda: label.text().endswith("3.0 MB"))


def test_a_gpu_is_named_and_a_long_name_cut(qtbot: QtBot) -> None:
    device = Device()
    label = DeviceLabel(device)
    qtbot.addWidget(label)
    device.choose(ChosenDevice("cuda", "NVIDIA GeForce RTX 4070", "float16", ""))
    assert label.text().startswith("NVIDIA GeForce RTX 4070 (CUDA)  ·  float16")
    device.choose(ChosenDevice("cuda", "AMD Radeon RX 7900 XTX", "bfloat16", ""))
    assert label.text().startswith("AMD Radeon RX 7900 XTX (ROCm)")
    device.choose(ChosenDevice("cuda", "N" * 200, "float16", ""))
    assert len(label.text()) < 80


def test_the_memory_beside_a_gpu_is_that_of_the_gpu(qtbot: QtBot) -> None:
    device = Device()
    label = DeviceLabel(device)
    qtbot.addWidget(label)
    device.choose(ChosenDevice("cuda", "Example 4070", "float16", ""))
    device.held = 5 * 2**30
    device.changed.emit()
    assert label.text().endswith("float16  ·  5.4 GB")
    assert label.toolTip().endswith("of the GPU's own: 5.4 GB")
    device.choose(ChosenDevice("cpu", "Example 7", "float32", ""))
    assert "GPU" not in label.toolTip()


def test_memory_is_that_of_this_process() -> None:
    assert 10_000_000 < memory_bytes() < 64 * 2**30
