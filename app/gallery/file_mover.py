"""Gives pictures other names and other folders, and takes that back."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.create.notices import LASTING_MS
from app.gallery.library_service import LibraryService
from app.gallery.rename_dialog import RenameDialog
from app.messages.errors import Message
from app.widgets.file_dialogs import ask_folder
from app.widgets.message_bar import Choice, MessageArea
from core.gallery.gallery import Moved
from core.gallery.query import LibraryPicture

PLACED = "placed"


class FileMover(QObject):
    """Asks, and says what was done, with undo."""

    def __init__(self, area: MessageArea, service: LibraryService, window: QWidget) -> None:
        super().__init__(window)
        self._area = area
        self._service = service
        self._window = window
        service.moved.connect(self._show_moved)

    def ask_name(self, picture: LibraryPicture) -> None:
        dialog = RenameDialog(picture, self._window)
        dialog.chosen.connect(self._service.rename)
        dialog.open()

    def ask_folder(self, pictures: Sequence[int], first: Path) -> None:
        """``first`` is the folder that is offered."""
        title = "Move the picture to…" if len(pictures) == 1 else f"Move {len(pictures):,} pictures to…"
        ask_folder(self._window, title, partial(self._service.move, tuple(pictures)), first, "Move here")

    @Slot(object)
    def _show_moved(self, moved: tuple[Moved, ...]) -> None:
        first = moved[0]
        if len(moved) > 1:
            message = Message(f"{len(moved):,} pictures are moved", f"They are in {first.now.parent} now.")
        elif first.before.parent == first.now.parent:
            message = Message("The picture is renamed", f"It is {first.now.name} now.")
        else:
            message = Message("The picture is moved", f"It is in {first.now.parent} now.")
        undo = Choice("Undo", partial(self._service.put_back, moved), "undoMoveButton")
        self._area.show_message(PLACED, message, "info", (undo,), LASTING_MS)
