"""The pictures beside the prompt, for models that edit by instruction: thumbnails in the order they are named."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtGui import QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QPushButton, QSizePolicy, QWidget

from app.controls.source import THUMBNAIL_PX, shortened
from app.session.picture_loader import thumbnail
from app.session.session import Session
from app.widgets.building import hbox, stretched, text_label, vbox
from app.widgets.drop_router import DropRouter, DropRule, is_source
from app.widgets.field import GAP_PX, describe
from app.widgets.file_dialogs import SOURCES, ask_files
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.dimensions import read_size
from core.pictures.reference import rounded_up, scaled
from core.request.request import MOST_REFERENCES, GenerationRequest, Reference, Size

_PATH = Qt.ItemDataRole.UserRole


class ReferencesControl(QWidget):
    """A button that takes pictures by click or drop, and the list of them, to be ordered by dragging."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        DropRouter(self, [DropRule(is_source, self.add)])
        self.button = QPushButton(tr("Add pictures to edit…"))
        set_icon(self.button, "picture")
        self.button.setStyleSheet("text-align: left")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        describe(
            self.button,
            "referencesButton",
            tr("Reference pictures"),
            tr(
                "The model looks at these pictures and does what the prompt says: “make it winter”.\n"
                "Click to choose some, or drop them here. The first one is “it”."
            ),
        )
        tip = tr("Remove the selected picture")
        self.remove_button = IconButton("close", tip, "removeReferenceButton", name=tip)
        self.list = QListWidget()
        describe(self.list, "referencesList", tr("Reference pictures in their order"), tr("Drag to order them"))
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sentence = text_label(name="referencesSentence", role="hint", is_plain=True, wraps=True)
        top = hbox(stretched(self.button), self.remove_button, spacing=GAP_PX)
        vbox(top, self.list, self.sentence, on=self, spacing=GAP_PX)
        self.button.clicked.connect(self._on_clicked)
        self.remove_button.clicked.connect(self.remove)
        delete = QShortcut(QKeySequence.StandardKey.Delete, self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.remove)
        self.list.model().rowsMoved.connect(self._on_rows_moved)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    def add(self, paths: list[Path]) -> None:
        """Adds pictures as far as there is room; with the first one the picture gets its size."""
        before = self._session.draft.references
        added = tuple(Reference(str(path.absolute())) for path in paths)
        references = (*before, *added)[:MOST_REFERENCES]
        size = self._size_of(Path(references[0].path)) if references and not before else None
        self._session.edit(references=references, size=size or self._session.draft.size)

    @Slot()
    def remove(self) -> None:
        """Removes the selected picture, or the last one."""
        references, row = list(self._session.draft.references), self.list.currentRow()
        if references:
            del references[row]
            self._session.edit(references=tuple(references))

    def _size_of(self, path: Path) -> Size | None:
        """Returns the size in which nothing of the picture is shifted or stretched, as far as the model allows."""
        limits = self._session.draft_editor.limits
        try:
            size = rounded_up(scaled(read_size(path)), limits.size_step)
        except UnreadablePicture:
            return None
        return Size(limits.snap(size.width), limits.snap(size.height))

    @Slot()
    def _on_clicked(self) -> None:
        ask_files(self, tr("Add pictures to edit"), self.add, [SOURCES])

    @Slot()
    def _on_rows_moved(self) -> None:
        items = (self.list.item(row) for row in range(self.list.count()))
        self._session.edit(references=tuple(item.data(_PATH) for item in items))

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        references = draft.references
        shown = tuple(self.list.item(row).data(_PATH) for row in range(self.list.count()))
        if references != shown:
            row = min(self.list.currentRow(), len(references) - 1)
            with QSignalBlocker(self.list.model()):
                self.list.clear()
            for item in map(_item, references):
                self.list.addItem(item)
            self.list.setCurrentRow(row)
            self.list.setFixedHeight(max(1, len(references)) * (THUMBNAIL_PX + 2 * GAP_PX) + 2 * GAP_PX)
        for widget in (self.list, self.remove_button):
            widget.setVisible(bool(references))
        self.button.setEnabled(len(references) < MOST_REFERENCES)
        gone = [reference for reference in references if not _is_there(reference)]
        self.sentence.setText(
            tr("{name} is not where it was: add it again, or remove it.", name=Path(gone[0].path).name or "?")
            if gone
            else ""
        )
        self.sentence.setVisible(bool(gone))


def _item(reference: Reference) -> QListWidgetItem:
    path = Path(reference.path)
    item = QListWidgetItem(shortened(path.name) or tr("Unknown picture"))
    item.setData(_PATH, reference)
    item.setToolTip(path.name)
    picture = thumbnail(path) if _is_there(reference) else None
    if picture is not None and not picture.isNull():
        item.setIcon(QIcon(QPixmap.fromImage(picture)))
    return item


def _is_there(reference: Reference) -> bool:
    path = Path(reference.path)
    return path.is_absolute() and path.is_file()
