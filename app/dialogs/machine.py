"""Describes this machine: its devices, the one in use and why, and the plan for the chosen model."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QWidget

from app.dialogs.diagnostics import scrub
from app.session.device import NO_DEVICE, ChosenDevice, Device
from app.session.memory import MemoryService, Planned
from app.session.memory_text import planned_text
from app.widgets.building import clear, push_button, scroll_area, stretched, text_label, vbox
from core.language.words import tr

SIZE_PX = (640, 520)


class MachineDialog(QDialog):
    """Follows device and plan while it is open. Opens by `open`, without blocking."""

    def __init__(self, device: Device, memory: MemoryService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("machineDialog")
        self.setWindowTitle(tr("This machine"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._device = device
        self._memory = memory
        content = QWidget()
        content.setProperty("role", "panel")
        self._column = vbox(on=content, margins=(24, 20, 24, 20), spacing=8)
        area = scroll_area(content, tr("This machine"))
        tip = tr("Copies all of this as text, without names, folders or prompts")
        self._copy = push_button(tr("Copy"), self._copy_text, name="copyMachineButton", tip=tip)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        vbox(stretched(area), buttons, on=self, margins=16, spacing=16)
        self.resize(*SIZE_PX)
        device.changed.connect(self._show)
        memory.changed.connect(self._show)
        memory.ask()
        self._show()

    @Slot()
    def _show(self) -> None:
        self._copy.setText(tr("Copy"))
        clear(self._column)
        for number, (title, lines) in enumerate(machine_sections(self._device.chosen, self._memory.planned)):
            if number:
                self._column.addSpacing(12)
            self._column.addWidget(_label(title, "title"))
            for line in lines:
                self._column.addWidget(_label(line, ""))
        self._column.addStretch(1)

    @Slot()
    def _copy_text(self) -> None:
        text = machine_text(self._device.chosen, self._memory.planned)
        QGuiApplication.clipboard().setText(scrub(text))
        self._copy.setText(tr("Copied"))


def _label(text: str, role: str) -> QLabel:
    return text_label(text, role=role, is_plain=True, wraps=True, is_selectable=True)


def machine_sections(device: ChosenDevice | None, planned: Planned) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Returns titles with their lines, those of ``emulsion doctor``."""
    if device is None:
        return ((tr("Device"), (NO_DEVICE,)),)
    return (
        (tr("Machine"), device.machine),
        (tr("Device"), tuple(device.plan.splitlines())),
        (tr("Memory"), (planned_text(planned),)),
    )


def machine_text(device: ChosenDevice | None, planned: Planned) -> str:
    """Returns the text for the clipboard."""
    sections = machine_sections(device, planned)
    return "".join("\n".join((title, *(f"  {line}" for line in lines), "")) for title, lines in sections)
