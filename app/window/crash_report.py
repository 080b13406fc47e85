"""Offers the report of an earlier crash, and copies diagnostics."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from app.canvas.sharing import open_in_system
from app.dialogs.diagnostics import LOG_NAME, diagnostics
from app.messages.errors import Message
from app.session.device import Device
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Choice, MessageArea
from core.language.words import tr

CRASHED, COPIED = "crashed", "copied"
LASTING_MS = 6000


class CrashReport(QObject):
    """Part of the window."""

    def __init__(self, area: MessageArea, settings_store: SettingsStore, device: Device, parent: QObject) -> None:
        super().__init__(parent)
        self._area = area
        self._settings_store = settings_store
        self._device = device
        self._crash: Path | None = None

    def offer_crash(self, crash: Path) -> None:
        """Tells that the run before ended unexpectedly; ``crash`` holds its traces."""
        self._crash = crash
        self._area.show_message(
            CRASHED,
            Message(
                tr("Emulsion ended unexpectedly last time"),
                tr("Finished pictures are in their folder, and an interrupted run can be continued."),
                tr(
                    "The report contains no prompts and no names, and is not sent anywhere: copy it when you "
                    "ask for help."
                ),
            ),
            "info",
            (Choice(tr("Copy the report"), self.copy_diagnostics, "copyReportButton"),),
        )

    @Slot()
    def open_log(self) -> None:
        """Opens the log in the system's own viewer."""
        open_in_system(self._settings_store.folders.logs / LOG_NAME)

    @Slot()
    def copy_diagnostics(self) -> None:
        """Puts the report into the clipboard, and says so."""
        device = self._device.chosen
        plan = "\n".join((*device.machine, device.plan)) if device is not None else ""
        text = diagnostics(self._settings_store.folders, self._settings_store.settings, plan, self._crash)
        QGuiApplication.clipboard().setText(text)
        self._area.show_message(
            COPIED,
            Message(
                tr("Diagnostics are in the clipboard"), tr("Versions, device, settings and the end of the log.")
            ),
            "info",
            lasting_ms=LASTING_MS,
        )
