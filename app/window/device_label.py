"""The device that computes, its precision, and how much memory the program uses: at the top right."""

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QWidget

from app.session.device import NO_DEVICE, ChosenDevice, Device
from core.files.sizes import size_text
from core.language.words import tr

MEASURED_EVERY_MS = 2000
LONGEST_NAME = 32


class DeviceLabel(QLabel):
    """Shows the device, as soon as the engine has chosen one, and the memory that the program uses there."""

    def __init__(self, device: Device, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("deviceReadout")
        self.setProperty("role", "number")
        self.setAccessibleName(tr("Device and memory"))
        self._device = device
        device.changed.connect(self._show)
        self._timer = QTimer(self, interval=MEASURED_EVERY_MS)
        self._timer.timeout.connect(self._show)

    @Slot()
    def _show(self) -> None:
        if not self._timer.isActive():
            self._timer.start()
        program = size_text(memory_bytes())
        device, held = self._device.chosen, self._device.held
        used = program if held is None else size_text(held)
        if device is None:
            self.setText(tr("Memory {used}", used=used))
            self.setToolTip(NO_DEVICE)
        else:
            self.setText(f"{_short_name(device)}  ·  {device.dtype}  ·  {used}")
            on_the_gpu = "" if held is None else tr("; of the GPU's own: {used}", used=used)
            self.setToolTip(
                tr(
                    "{plan}\nMemory of the program: {program}{on_the_gpu}",
                    plan=device.plan,
                    program=program,
                    on_the_gpu=on_the_gpu,
                )
            )


def memory_bytes() -> int:
    """Returns the memory that the program itself occupies."""
    import psutil  # costs a tenth of the program's start; with the engine it has come, in another thread

    return psutil.Process().memory_info().rss


def _short_name(device: ChosenDevice) -> str:
    kind = "ROCm" if device.kind == "cuda" and device.name.startswith("AMD") else device.kind.upper()
    if device.kind == "cpu" or not device.name:
        return kind
    name = device.name if len(device.name) <= LONGEST_NAME else device.name[: LONGEST_NAME - 1] + "…"
    return f"{name} ({kind})"
