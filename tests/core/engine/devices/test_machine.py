"""The machine is described without naming anybody or anything of the user's."""

from __future__ import annotations

from pathlib import Path

from core.engine.devices.machine import machine


def test_processor_memory_and_torch_are_told_a_line_each() -> None:
    lines = dict(line.split(": ", 1) for line in machine())
    assert {"processor", "memory", "torch"} <= set(lines)
    assert "cores" in lines["processor"]
    assert lines["memory"].endswith(" free")
    assert "built for" in lines["torch"]


def test_no_folder_of_the_user_is_named() -> None:
    assert str(Path.home()) not in "\n".join(machine())
