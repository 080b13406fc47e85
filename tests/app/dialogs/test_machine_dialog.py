"""This machine: everything that was found and decided, to be read and copied."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.dialogs.machine import MachineDialog
from app.session.device import ChosenDevice
from core.models.memory_plan import GIB, DeviceMemory
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]

GPU = ChosenDevice(
    "cuda",
    "Example 4070",
    "bfloat16",
    "cuda (Example 4070, 12.9 GB) in bfloat16: device: the first\ncuda: found\ncpu: found",
    DeviceMemory("cuda", 12 * GIB, 11 * GIB),
    ("processor: Example 7, 8 cores", "driver: Example 570"),
)


def dialog_of(opened: Opened) -> MachineDialog:
    opened.action("This machine…").trigger()
    dialog = opened.window.findChild(MachineDialog)
    assert dialog is not None
    return dialog


def lines(dialog: MachineDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if not label.isHidden()]


def test_before_a_device_was_looked_for_that_is_said(opened: Opened) -> None:
    assert lines(dialog_of(opened)) == [
        "Device",
        "Not checked yet: Emulsion looks for a device once its window is open.",
    ]


def test_what_was_found_and_the_plan_are_told_and_follow(opened: Opened, qtbot: QtBot) -> None:
    dialog = dialog_of(opened)
    opened.window.session.device.choose(GPU)
    found = ["Machine", "processor: Example 7, 8 cores", "driver: Example 570"]
    qtbot.waitUntil(lambda: lines(dialog)[:3] == found)
    told = lines(dialog)
    assert "cuda: found" in told
    assert told[-2] == "Memory"
    assert "Starter Model" in told[-1]


def test_all_of_it_is_copied_as_text(opened: Opened) -> None:
    opened.window.session.device.choose(GPU)
    dialog = dialog_of(opened)
    button = dialog.findChild(QPushButton, "copyMachineButton")
    assert button is not None
    button.click()
    assert button.text() == "Copied"
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Machine\n  processor: Example 7, 8 cores\n")
    assert "\nDevice\n  cuda (Example 4070" in text
    assert "\nMemory\n  " in text
