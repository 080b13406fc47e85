"""Gives pictures other names and other folders, and takes that back."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QDialog, QLayout, QLineEdit, QWidget

from app.create.notices import LASTING_MS
from app.gallery.library_notices import PLACED
from app.gallery.library_service import LibraryService
from app.messages.errors import Message
from app.widgets.building import dialog_buttons, hbox, stretched, text_label, vbox
from app.widgets.field import describe
from app.widgets.file_dialogs import ask_folder
from app.widgets.message_bar import Choice, MessageArea
from core.errors import InvalidRequest
from core.gallery.companions import checked_stem
from core.gallery.gallery import Moved
from core.gallery.naming import OWN_PARTS
from core.gallery.query import LibraryPicture
from core.language.words import plural, tr
from core.pictures.file_names import FIELDS, check_pattern

WIDTH_PX = 460
FIRST_PATTERN = "{prompt}-{number}"
WORDS = tr("Its film, prompt and rating files are renamed too.")


class FileMover(QObject):
    """Asks, and says what was done, with undo."""

    def __init__(self, area: MessageArea, service: LibraryService, undo: QUndoStack, window: QWidget) -> None:
        super().__init__(window)
        self._undo = undo
        self._area = area
        self._service = service
        self._window = window
        service.moved.connect(self._show_moved)

    def ask_name(self, picture: LibraryPicture) -> None:
        dialog = RenameDialog(picture, self._window)
        dialog.chosen.connect(self._service.rename)
        dialog.open()

    def ask_pattern(self, pictures: tuple[int, ...]) -> None:
        dialog = PatternDialog(pictures, self._window)
        dialog.chosen.connect(self._service.rename_all)
        dialog.open()

    def ask_folder(self, pictures: Sequence[int], first: Path) -> None:
        """``first`` is the folder that is offered."""
        title = plural("Move the picture to…", "Move {count:,} pictures to…", len(pictures))
        ask_folder(self._window, title, partial(self._service.move, tuple(pictures)), first, tr("Move here"))

    @Slot(object)
    def _show_moved(self, moved: tuple[Moved, ...]) -> None:
        first = moved[0]
        if len(moved) > 1 and first.before.parent == first.now.parent:
            message = Message(
                tr("{count:,} pictures are renamed", count=len(moved)),
                tr("The first one is {name} now.", name=first.now.name),
            )
        elif len(moved) > 1:
            message = Message(
                tr("{count:,} pictures are moved", count=len(moved)),
                tr("They are in {parent} now.", parent=first.now.parent),
            )
        elif first.before.parent == first.now.parent:
            message = Message(tr("The picture is renamed"), tr("It is {name} now.", name=first.now.name))
        else:
            message = Message(tr("The picture is moved"), tr("It is in {parent} now.", parent=first.now.parent))
        undo = Choice(tr("Undo"), self._undo.undo, "undoMoveButton")
        self._area.show_message(PLACED, message, "info", (undo,), LASTING_MS)


class RenameDialog(QDialog):
    """Open it with `open`: it does not block. A name that no system would take cannot be chosen.

    Signals:
        chosen: id of the picture, and its name without suffix.
    """

    chosen = Signal(object, str)

    def __init__(self, picture: LibraryPicture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture.id
        self._before = picture.path.stem
        self.setObjectName("renameDialog")
        self.setWindowTitle(tr("Rename picture"))
        self._name = QLineEdit(self._before)
        describe(self._name, "renameEdit", tr("Name"), tr("The name of the file, without its ending"))
        self._name.selectAll()
        self._name.textChanged.connect(self._check)
        suffix = text_label(picture.path.suffix, role="hint")
        row = hbox(stretched(self._name), suffix, spacing=4)
        self._words = text_label(WORDS, name="renameWords", role="hint", wraps=True)
        self._words.setFixedWidth(WIDTH_PX)
        buttons, self._accept = dialog_buttons(self, tr("Rename"), "renameButton", self._choose)
        layout = vbox(row, self._words, buttons, on=self, margins=(24, 24, 24, 16), spacing=12)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)  # it grows with what it says
        self.finished.connect(self.deleteLater)
        self._check()

    @Slot()
    def _check(self) -> None:
        try:
            stem = checked_stem(self._name.text())
        except InvalidRequest as error:
            self._words.setText(tr("Missing: {allowed}.", allowed=error.allowed))
            self._accept.setEnabled(False)
        else:
            self._words.setText(WORDS)
            self._accept.setEnabled(stem != self._before)

    @Slot()
    def _choose(self) -> None:
        self.accept()
        self.chosen.emit(self._picture, self._name.text())


class PatternDialog(QDialog):
    """Asks for the pattern of the names of several pictures. Open it with `open`: it does not block.

    Signals:
        chosen: ids of the pictures, and the pattern.
    """

    chosen = Signal(object, str)

    def __init__(self, pictures: tuple[int, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self.setObjectName("patternDialog")
        self.setWindowTitle(tr("Rename {count:,} pictures", count=len(pictures)))
        self.pattern = QLineEdit(FIRST_PATTERN)
        describe(self.pattern, "renamePatternEdit", tr("Name pattern"), tr("The names of the pictures"))
        self.pattern.textChanged.connect(self._check)
        parts = ", ".join(f"{{{name}}}" for name in (*OWN_PARTS, *FIELDS))
        self._about = tr("Parts: {parts}. Films and ratings are renamed too.", parts=parts)
        self._words = text_label(self._about, name="patternWords", role="hint", wraps=True, is_plain=True)
        self._words.setFixedWidth(WIDTH_PX)
        buttons, self.accept_button = dialog_buttons(self, tr("Rename"), "renameAllButton", self._choose)
        layout = vbox(self.pattern, self._words, buttons, on=self, margins=(24, 24, 24, 16), spacing=12)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self.finished.connect(self.deleteLater)

    @Slot()
    def _check(self) -> None:
        pattern = self.pattern.text().strip()
        try:
            check_pattern(pattern, OWN_PARTS)
        except InvalidRequest as error:
            self._words.setText(tr("{part} is not a part of names.", part=error.value))
            self.accept_button.setEnabled(False)
        else:
            self._words.setText(self._about)
            self.accept_button.setEnabled(bool(pattern))

    @Slot()
    def _choose(self) -> None:
        self.accept()
        self.chosen.emit(self._pictures, self.pattern.text().strip())
