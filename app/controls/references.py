"""The pictures beside the prompt, for models that edit by instruction: thumbnails in the order they are named."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtGui import QIcon, QImage, QKeySequence, QPixmap, QShortcut
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
from core.pictures.reference import size_of
from core.request.request import GenerationRequest, Limits, Reference, Size

_PATH = Qt.ItemDataRole.UserRole


class ReferencesControl(QWidget):
    """A button that takes pictures by click or drop, and the list of them, to be ordered by dragging."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._reading = session.background.queue(self, "thumbnails")  # large pictures take seconds
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
        self._edit((*before, *added)[: self._session.draft_editor.limits.references])

    @Slot()
    def remove(self) -> None:
        """Removes the selected picture, or the last one."""
        references, row = list(self._session.draft.references), self.list.currentRow()
        if references:
            del references[row]
            self._edit(tuple(references))

    def _edit(self, references: tuple[Reference, ...]) -> None:
        """Gives the picture the size of another first reference; without any, one that the model takes."""
        before, size = self._session.draft.references, self._session.draft.size
        if not references:
            model = self._session.model_of(self._session.draft)
            limits = model.limits if model is not None else Limits()
            size = Size(limits.snap(size.width), limits.snap(size.height))
        elif references[:1] != before[:1]:
            size = self._size_of(references[0]) or size
        self._session.edit(references=references, size=size)

    def _size_of(self, reference: Reference) -> Size | None:
        """Returns the size in which nothing of the picture is shifted or stretched, as far as the model allows."""
        try:
            return size_of(reference, self._session.draft_editor.limits)
        except UnreadablePicture:
            return None

    @Slot()
    def _on_clicked(self) -> None:
        ask_files(self, tr("Add pictures to edit"), self.add, [SOURCES])

    @Slot()
    def _on_rows_moved(self) -> None:
        items = (self.list.item(row) for row in range(self.list.count()))
        self._edit(tuple(item.data(_PATH) for item in items))

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        references = draft.references
        shown = tuple(self.list.item(row).data(_PATH) for row in range(self.list.count()))
        if references != shown:
            row = min(self.list.currentRow(), len(references) - 1)
            with QSignalBlocker(self.list.model()):
                self.list.clear()
            self._reading.cancel()
            for reference in references:
                self.list.addItem(_item(reference))
                if _is_there(reference):
                    show = partial(self._show_thumbnail, reference)
                    self._reading.submit(partial(thumbnail, Path(reference.path)), show)
            self.list.setCurrentRow(row)
            self.list.setFixedHeight(max(1, len(references)) * (THUMBNAIL_PX + 2 * GAP_PX) + 2 * GAP_PX)
        for widget in (self.list, self.remove_button):
            widget.setVisible(bool(references))
        self.button.setEnabled(len(references) < self._session.draft_editor.limits.references)
        gone = [reference for reference in references if not _is_there(reference)]
        self.sentence.setText(
            tr("{name} is not where it was: add it again, or remove it.", name=Path(gone[0].path).name or "?")
            if gone
            else ""
        )
        self.sentence.setVisible(bool(gone))

    def _show_thumbnail(self, reference: Reference, picture: QImage) -> None:
        items = (self.list.item(row) for row in range(self.list.count()))
        for item in items:
            if item.data(_PATH) == reference and not picture.isNull():
                item.setIcon(QIcon(QPixmap.fromImage(picture)))


def _item(reference: Reference) -> QListWidgetItem:
    path = Path(reference.path)
    item = QListWidgetItem(shortened(path.name) or tr("Unknown picture"))
    item.setData(_PATH, reference)
    item.setToolTip(path.name)
    return item


def _is_there(reference: Reference) -> bool:
    path = Path(reference.path)
    return path.is_absolute() and path.is_file()
