"""The device that computes, its precision, and how much memory the program uses: at the top right."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QWidget

from core.models.memory_plan import DeviceMemory

MEASURED_EVERY_MS = 2000
LONGEST_NAME = 32


@dataclass(frozen=True, slots=True)
class ChosenDevice:
    """What the engine computes on.

    Attributes:
        kind: ``cuda``, ``mps``, ``xpu`` or ``cpu``.
        plan: the whole choice in lines of text, with its reasons.
        memory: what it had when it was chosen; None where it was not asked.
        machine: processor, memory, graphics cards and drivers, a line each, see `core.engine.devices.machine`.
    """

    kind: str
    name: str
    dtype: str
    plan: str
    memory: DeviceMemory | None = None
    machine: tuple[str, ...] = ()


class DeviceReadout(QLabel):
    """Says nothing about the device before the engine has chosen one.

    Attributes:
        device: what the engine computes on, None before.

    Signals:
        device_shown: ``device`` is known now, or another one.
    """

    device_shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("deviceReadout")
        self.setProperty("role", "number")
        self.setAccessibleName("Device and memory")
        self.device: ChosenDevice | None = None
        self._timer = QTimer(self, interval=MEASURED_EVERY_MS)
        self._timer.timeout.connect(self._show)
        self._timer.start()

    @Slot(object)
    def show_device(self, device: ChosenDevice) -> None:
        self.device = device
        self._show()
        self.device_shown.emit()

    def _show(self) -> None:
        used = f"{memory_bytes() / 2**30:.1f} GB"
        device = self.device
        if device is None:
            self.setText(f"Memory {used}")
            self.setToolTip("The engine chooses the device when the first picture is made.")
        else:
            self.setText(f"{_short_name(device)}  ·  {device.dtype}  ·  {used}")
            self.setToolTip(f"{device.plan}\nMemory of the program: {used}")


def memory_bytes() -> int:
    """What the program itself occupies of the computer's memory."""
    import psutil  # costs as much as a tenth of the program's start, and nobody waits for it

    return psutil.Process().memory_info().rss


def _short_name(device: ChosenDevice) -> str:
    kind = device.kind.upper()
    if device.kind == "cpu" or not device.name:
        return kind
    name = device.name if len(device.name) <= LONGEST_NAME else device.name[: LONGEST_NAME - 1] + "…"
    return f"{name} ({kind})"
