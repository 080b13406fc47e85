"""The preferences: each change holds at once and is kept; there is nothing to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QListWidget, QStackedWidget, QWidget

from app.messages.errors import Message, message
from app.session.memory import MemoryService
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.shortcuts.keymap import Keymap
from app.widgets.building import hbox, named, stretched, vbox
from app.widgets.message_bar import MessageArea, Tone
from app.widgets.theme import prepare_spin_boxes
from core.errors import EmulsionError
from core.language.words import tr
from core.runs.events import PreviewMode
from core.settings.import_export import export_settings, import_settings, reset_settings
from core.settings.settings import Settings

if TYPE_CHECKING:
    from app.preferences.page import Page
    from app.preferences.updates import UpdatesPage

EXCHANGED = "settings exchanged"
LASTING_MS = 8000
SIZE_PX = (840, 620)
LIST_WIDTH_PX = 152


class PreferencesController(QObject):
    """Part of the window.

    Signals:
        theme_chosen: a `Theme`. folder_changed: the new folder for pictures.
        models_changed: models are looked for in other folders.
        address_changed: downloads go another way. token_held: a `Secret` that no keychain keeps.
    """

    theme_chosen = Signal(object)
    folder_changed = Signal(object)
    models_changed = Signal()
    address_changed = Signal()
    token_held = Signal(object)

    def __init__(
        self,
        window: QWidget,
        settings_store: SettingsStore,
        session: Session,
        keymap: Keymap,
        memory: MemoryService,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings_store = settings_store
        self._session = session
        self._keymap = keymap
        self._memory = memory
        self._dialog: PreferencesDialog | None = None
        self._updates: UpdatesPage | None = None

    @Slot()
    def open(self) -> None:
        self._open_at("generalPage")

    @Slot()
    def open_folders(self) -> None:
        self._open_at("foldersPage")

    @Slot()
    def open_shortcuts(self) -> None:
        self._open_at("shortcutsPage")

    @Slot()
    def check_for_updates(self) -> None:
        """Opens the page, and looks."""
        self._open_at("updatesPage")
        if self._updates is not None:
            self._updates.check()

    def _open_at(self, page: str) -> None:
        dialog = self._dialog
        if dialog is None:
            dialog = self._dialog = PreferencesDialog(self._window)
            dialog.finished.connect(self._leave)
            self._fill(dialog)
            dialog.open()
        dialog.show_page(page)
        dialog.raise_()
        dialog.activateWindow()

    def _fill(self, dialog: PreferencesDialog) -> None:
        """Imports the pages, which the window does not wait for."""
        from app.preferences.computers import ComputersPage
        from app.preferences.device import DevicePage
        from app.preferences.downloads import DownloadsPage
        from app.preferences.films import FilmsPage
        from app.preferences.folders import FoldersPage
        from app.preferences.general import GeneralPage
        from app.preferences.memory import MemoryPage
        from app.preferences.saving import SavingPage
        from app.preferences.shortcuts import ShortcutsPage
        from app.preferences.updates import UpdatesPage

        background = self._session.background
        general = GeneralPage(self._settings_store, self._session.preview_mode)
        general.theme_chosen.connect(self.theme_chosen)
        general.previews_chosen.connect(self._choose_previews)
        general.export_asked.connect(self._export)
        general.import_asked.connect(self._import)
        general.reset_asked.connect(self._reset)
        folders = FoldersPage(self._settings_store)
        films = FilmsPage(self._settings_store, background)
        folders.pictures_changed.connect(self.folder_changed)
        folders.pictures_changed.connect(films.measure)
        folders.models_changed.connect(self.models_changed)
        device = DevicePage(self._settings_store, self._session)
        computers = ComputersPage(self._settings_store, background, lambda: self._session.draft_editor.models)
        computers.changed.connect(device.offer_computers)
        computers.models_told.connect(self._session.refresh_models)
        computers.used_changed.connect(self._session.pool.update_places)
        memory = MemoryPage(self._settings_store, self._session, self._memory, background)
        downloads = DownloadsPage(self._settings_store, background)
        downloads.address_changed.connect(self.address_changed)
        downloads.token_held.connect(self.token_held)
        updates = self._updates = UpdatesPage(self._settings_store, background)
        shortcuts = ShortcutsPage(self._keymap)
        saving = SavingPage(self._settings_store)
        dialog.set_pages(
            (general, saving, folders, downloads, device, computers, memory, films, shortcuts, updates)
        )

    @Slot(object)
    def _choose_previews(self, mode: PreviewMode) -> None:
        self._settings_store.change(previews=mode)
        self._session.set_preview_mode(mode)

    @Slot(object)
    def _export(self, path: Path) -> None:
        try:
            export_settings(self._settings_store.settings, path)
        except EmulsionError as error:
            self._say(message(error), "error")
        else:
            self._say(Message(tr("Settings exported"), tr("They are in {path}.", path=path)), "info")

    @Slot(object)
    def _import(self, path: Path) -> None:
        try:
            settings = import_settings(path, self._settings_store.settings)
        except EmulsionError as error:
            self._say(message(error), "error")
        else:
            self._take(settings)
            self._say(Message(tr("Settings imported"), tr("All of them apply now.")), "info")

    @Slot()
    def _reset(self) -> None:
        self._take(reset_settings(self._settings_store.settings, self._settings_store.folders))
        self._say(
            Message(tr("All settings are reset"), tr("Pictures, films and models are where they were.")), "info"
        )

    def _take(self, settings: Settings) -> None:
        """Makes other settings hold everywhere."""
        before = self._settings_store.settings
        self._settings_store.take(settings)
        self._keymap.load()
        self.theme_chosen.emit(settings.theme)
        self._session.set_preview_mode(settings.previews)
        if settings.pictures != before.pictures:
            self.folder_changed.emit(settings.pictures)
        if settings.model_folders != before.model_folders:
            self.models_changed.emit()
        self.address_changed.emit()
        if _of_engine(settings) != _of_engine(before):
            self._session.pool.restart()
            self._memory.forget()
        if self._dialog is not None:
            self._fill(self._dialog)

    def _say(self, text: Message, tone: Tone) -> None:
        if self._dialog is not None:
            lasting = LASTING_MS if tone == "info" else None
            self._dialog.messages.show_message(EXCHANGED, text, tone, lasting_ms=lasting)

    @Slot()
    def _leave(self) -> None:
        self._dialog = self._updates = None


def _of_engine(settings: Settings) -> tuple[object, ...]:
    """Returns the settings that an engine is made with."""
    places = settings.memory, settings.tiled_decode, settings.keeps_encodings
    return settings.places, settings.dtype, settings.acceleration, *places


class PreferencesDialog(QDialog):
    """Open it with `open`: it does not block.

    Attributes:
        messages: room for what could not be done.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferencesDialog")
        self.setWindowTitle(tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._list = named(QListWidget(), "preferencesList", tr("Pages of the preferences"))
        self._list.setFixedWidth(LIST_WIDTH_PX)
        self._stack = QStackedWidget()
        self._pages: tuple[Page, ...] = ()
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.messages = MessageArea()
        frame = QFrame()
        frame.setProperty("role", "panel")
        vbox(self.messages, stretched(self._stack), on=frame)
        row = hbox(self._list, stretched(frame), spacing=8)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        vbox(stretched(row), buttons, on=self, margins=16, spacing=16)
        self.resize(*SIZE_PX)

    def set_pages(self, pages: Sequence[Page]) -> None:
        """Puts these pages in the place of those before; the same one stays chosen."""
        chosen = max(self._list.currentRow(), 0)
        self._list.clear()
        for old in self._pages:
            self._stack.removeWidget(old)
            old.deleteLater()
        self._pages = tuple(pages)
        for page in pages:
            self._stack.addWidget(page)
            self._list.addItem(page.title)
        prepare_spin_boxes(self)
        self._list.setCurrentRow(min(chosen, len(pages) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves Return to the field that has the focus: in a dialog it would press *Close* as well."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    @Slot(str)
    def show_page(self, object_name: str) -> None:
        """Turns to a page by its object name."""
        for number, page in enumerate(self._pages):
            if page.objectName() == object_name:
                self._list.setCurrentRow(number)
