"""Once the window stands: makes the engine, explains the first start, and tells of folders that are read-only."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from app.messages.errors import Message
from app.session.device import device_sentence
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.message_bar import Choice, MessageArea
from core.language.words import tr
from core.runs.operations import ReportMemory

WELCOME, READ_ONLY = "welcome", "read only"
PREPARE_AFTER_MS = 100
"""Importing the engine keeps a core busy for seconds: the window is painted before."""

TASK = "prepare the engine"


class Welcome(QObject):
    """Part of the window. The bar goes when the first picture is asked for, and does not come again."""

    def __init__(
        self,
        area: MessageArea,
        session: Session,
        settings_store: SettingsStore,
        open_folders: Callable[[], None],
        begin_tour: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._area = area
        self._session = session
        self._settings_store = settings_store
        self._open_folders = open_folders
        self._begin_tour = begin_tour
        self._device = tr("Looking for a device…")
        session.queue.changed.connect(self._on_queue_changed)

    def greet(self) -> None:
        """Call it when the window is there."""
        self._warn()
        if self._settings_store.is_first_start:
            self._session.device.changed.connect(self._on_device_changed)
            self._show()
        QTimer.singleShot(PREPARE_AFTER_MS, self, self._prepare_engine)

    def _warn(self) -> None:
        settings, folders = self._settings_store.settings, self._settings_store.folders
        if not can_be_written(settings.pictures):
            message = Message(
                tr("Pictures cannot be saved"),
                tr("The folder for pictures, {pictures}, cannot be written.", pictures=settings.pictures),
                tr("Choose another one before you begin."),
            )
        elif not (can_be_written(folders.config) and can_be_written(folders.data)):
            message = Message(
                tr("Emulsion cannot keep its settings"),
                tr(
                    "{config} or {data} cannot be written: settings and the gallery's index are kept only "
                    "until you quit.",
                    config=folders.config,
                    data=folders.data,
                ),
                tr("Pictures are saved all the same."),
            )
        else:
            return
        choose = Choice(tr("Folders…"), self._open_folders, "otherFoldersButton", keeps_bar=True)
        self._area.show_message(READ_ONLY, message, "error", (choose,))

    def _show(self) -> None:
        message = Message(
            tr("Press Generate to make the first picture"),
            tr(
                "The starter model and an example prompt are ready. Pictures go to {pictures}.",
                pictures=self._settings_store.settings.pictures,
            ),
            self._device,
        )
        preferences = Choice(tr("Folders…"), self._open_folders, "welcomeFoldersButton", keeps_bar=True)
        tour = Choice(tr("First steps"), self._begin_tour, "welcomeTourButton")
        self._area.show_message(WELCOME, message, "info", (tour, preferences))

    @Slot()
    def _on_queue_changed(self) -> None:
        if self._session.queue.entries:
            self._area.dismiss(WELCOME)

    @Slot()
    def _prepare_engine(self) -> None:
        """Has the engine made before the first picture asks for it; the session tells which device it found."""
        self._session.engine_tasks.submit(TASK, ReportMemory())

    @Slot()
    def _on_device_changed(self) -> None:
        device = self._session.device.chosen
        if device is not None and WELCOME in self._area.subjects():
            self._device = device_sentence(device)
            self._show()


def can_be_written(folder: Path) -> bool:
    """Returns whether files can be put into the folder, or it can be made."""
    for existing in (folder, *folder.parents):
        if existing.exists():
            return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    return False
