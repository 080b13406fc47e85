"""Adding folders to the gallery: by the dialog or by dropping them; nothing is added without a question."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.gallery.empty_state import Remedy
from app.gallery.filters import cleared
from app.gallery.library_notices import FOLDERS, LibraryNotices
from app.gallery.page import GalleryPage
from app.messages.errors import Message
from app.widgets.file_dialogs import ask_folder
from app.widgets.message_bar import Choice
from core.gallery.library import library_folder_of
from core.language.words import plural, tr


class FolderAdding(QObject):
    """Also does what the empty gallery offers.

    Signals:
        create_asked: show the place *Create*.
    """

    create_asked = Signal()

    def __init__(self, page: GalleryPage, notices: LibraryNotices, window: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self._notices = notices
        self._window = window
        buttons, filters = page.empty.buttons, page.filters
        buttons[Remedy.create].clicked.connect(self.create_asked)
        buttons[Remedy.add_folder].clicked.connect(self.ask_folder)
        buttons[Remedy.clear_filters].clicked.connect(lambda: filters.set_query(cleared(filters.query)))
        buttons[Remedy.look_again].clicked.connect(page.service.scan)
        menus = page.filters.menus
        menus.add_folder_asked.connect(self.ask_folder)
        menus.remove_folder_asked.connect(page.service.remove_folder)
        menus.rebuild_asked.connect(page.service.rebuild)
        page.folders_dropped.connect(self._on_folders_dropped)

    @Slot()
    def ask_folder(self) -> None:
        """Lets the user choose one."""
        ask_folder(self._window, tr("Add a folder to the gallery"), self._page.service.add_folder)

    @Slot(object)
    def _on_folders_dropped(self, folders: tuple[Path, ...]) -> None:
        new = [path for path in folders if library_folder_of(self._page.view.library, path) is None]
        if not new:
            text = Message(tr("This folder is in the gallery"), tr("Its pictures are shown already."))
            self._notices.area.show_message(FOLDERS, text, "info", lasting_ms=8000)
            return
        names = ", ".join(path.name or str(path) for path in new[:3])
        self._notices.area.show_message(
            FOLDERS,
            Message(
                plural("Add this folder to the gallery?", "Add these {count} folders to the gallery?", len(new)),
                tr("{names}: the pictures are read in place and never changed.", names=names),
            ),
            "info",
            (Choice(tr("Add"), partial(self._add_all, tuple(new)), "addDroppedButton"),),
        )

    def _add_all(self, folders: tuple[Path, ...]) -> None:
        for folder in folders:
            self._page.service.add_folder(folder)
