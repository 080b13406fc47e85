"""Folders: where pictures go, where models are looked for, and where everything else lies."""

import os
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from app.preferences.page import Page
from app.session.settings_store import SettingsStore
from app.widgets.building import STRETCH, hbox, named, push_button, stretched, vbox
from app.widgets.file_dialogs import ask_folder
from app.widgets.path_edit import PathEdit
from core.language.words import tr

LIST_HEIGHT_PX = 96


class FoldersPage(Page):
    """Signals:
    pictures_changed: the new folder for pictures. models_changed: models are looked for elsewhere now.
    """

    pictures_changed = Signal(object)
    models_changed = Signal()

    def __init__(self, settings_store: SettingsStore) -> None:
        super().__init__(tr("Folders"), "foldersPage")
        self._settings_store = settings_store
        self._pictures = PathEdit(settings_store.settings.pictures, tr("Folder for pictures"))
        self._pictures.setObjectName("picturesFolderEdit")
        self._open_pictures = push_button(tr("Open"), self._open_pictures_folder, name="openFolderButton")
        reset = push_button(tr("Reset"), self._reset_pictures, name="resetFolderButton")
        reset.setToolTip(tr("The program's own folder among the system's pictures"))
        choose = push_button(tr("Choose…"), self._ask_pictures, name="chooseFolderButton")
        buttons = hbox(choose, reset, self._open_pictures, STRETCH)
        self.add_row(tr("Pictures"), vbox(self._pictures, buttons, spacing=8))
        self._about_pictures = self.add_hint("")
        self.add_section(tr("Models"))
        self._models = named(QListWidget(), "modelFoldersList", tr("Folders in which models are looked for"))
        self._models.setFixedHeight(LIST_HEIGHT_PX)
        self._models.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._models.itemSelectionChanged.connect(self._update_remove)
        self.column.addWidget(self._models)
        self._remove = push_button(tr("Remove"), self._remove_models, name="removeModelFolderButton")
        self._remove.setToolTip(tr("Its models are no longer listed; the folder itself stays as it is"))
        models_row = hbox(
            push_button(tr("Add a folder…"), self._ask_models, name="addModelFolderButton"),
            self._remove,
            STRETCH,
            push_button(tr("Reset"), self._reset_models, name="resetModelFoldersButton"),
        )
        self.column.addLayout(models_row)
        self.add_hint(
            tr(
                "Downloads go into the first. Folders of other programs are read in place; nothing in them "
                "is changed."
            )
        )
        self.add_section(tr("Everything else"))
        for label, folder in (
            (tr("Settings"), settings_store.folders.config),
            (tr("Gallery's index"), settings_store.folders.data),
            (tr("Thumbnails"), settings_store.folders.cache),
            (tr("Logs"), settings_store.folders.logs),
        ):
            self._add_fixed(label, folder)
        self.add_hint(
            tr("These follow the system. The index and the thumbnails can be deleted: they are made again.")
        )
        self.end()
        self._show_pictures()
        self._show_models()

    def take_pictures(self, folder: Path) -> None:
        """Saves pictures there from now on."""
        self._settings_store.change(pictures=folder)
        self._show_pictures()
        self.pictures_changed.emit(folder)

    def add_models(self, folder: Path) -> None:
        """Looks for models there, too."""
        folders = self._settings_store.settings.model_folders
        if folder not in folders:
            self._take_models((*folders, folder))

    def _add_fixed(self, label: str, folder: Path) -> None:
        field = PathEdit(folder, tr("Folder: {label}", label=label))
        open_button = push_button(tr("Open"), self._open_sender)
        open_button.setEnabled(folder.is_dir())
        open_button.setProperty("folder", str(folder))
        row = hbox(stretched(field), open_button)
        self.add_row(label, row)

    def _show_pictures(self) -> None:
        folder = self._settings_store.settings.pictures
        self._pictures.show_path(folder)
        self._open_pictures.setEnabled(folder.is_dir())
        self._about_pictures.setText(
            tr(
                "New pictures go there{state}. Those made before stay where they are, and in the gallery.",
                state=_state(folder),
            )
        )

    def _show_models(self) -> None:
        self._models.clear()
        for folder in self._settings_store.settings.model_folders:
            is_own = folder == self._settings_store.folders.models
            absent = tr("  (made with the first download)") if is_own else tr("  (not there now)")
            item = QListWidgetItem(f"{folder}{'' if folder.is_dir() else absent}")
            item.setToolTip(str(folder))
            item.setData(Qt.ItemDataRole.UserRole, folder)
            self._models.addItem(item)
        self._update_remove()

    @Slot()
    def _update_remove(self) -> None:
        self._remove.setEnabled(bool(self._models.selectedItems()) and self._models.count() > 1)

    @Slot()
    def _ask_pictures(self) -> None:
        start = self._settings_store.settings.pictures
        ask_folder(self, tr("Save pictures in this folder"), self.take_pictures, start)

    @Slot()
    def _reset_pictures(self) -> None:
        self.take_pictures(self._settings_store.folders.pictures)

    @Slot()
    def _open_pictures_folder(self) -> None:
        _open(self._settings_store.settings.pictures)

    @Slot()
    def _open_sender(self) -> None:
        _open(Path(self.sender().property("folder")))

    @Slot()
    def _ask_models(self) -> None:
        ask_folder(self, tr("Look for models in this folder"), self.add_models)

    @Slot()
    def _remove_models(self) -> None:
        chosen = [item.data(Qt.ItemDataRole.UserRole) for item in self._models.selectedItems()]
        self._take_models(
            tuple(folder for folder in self._settings_store.settings.model_folders if folder not in chosen)
        )

    @Slot()
    def _reset_models(self) -> None:
        self._take_models((self._settings_store.folders.models,))

    def _take_models(self, folders: tuple[Path, ...]) -> None:
        self._settings_store.change(model_folders=folders)
        self._show_models()
        self.models_changed.emit()


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _state(folder: Path) -> str:
    """Returns the state of the folder, to be put behind "there"."""
    if not folder.exists():
        return tr(" (the folder is made with the first one)")
    if not os.access(folder, os.W_OK):
        return tr(", but this folder cannot be written: choose another one")
    return ""
