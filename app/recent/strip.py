"""The strip of recent pictures at the right, newest first."""

from pathlib import Path

from PySide6.QtCore import QItemSelection, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.recent.grid import ThumbnailGrid
from app.recent.model import RecentPictures
from app.widgets.building import stretched, text_label, vbox


class RecentStrip(QWidget):
    """The list with its heading, or what to do while there is none.

    Signals:
        chosen: `Path` of the picture that was clicked or reached by the keyboard.
        activated: `Path` of the picture that was double clicked, or chosen with Return.
        menu_asked: `Path` and where on the screen.
    """

    chosen = Signal(object)
    activated = Signal(object)
    menu_asked = Signal(object, QPoint)

    def __init__(self, model: RecentPictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        heading = text_label("Recent pictures", role="caption")
        self._list = ThumbnailGrid(model)
        self._list.selectionModel().selectionChanged.connect(self._choose)
        self._list.activated.connect(self._activate)
        self._list.customContextMenuRequested.connect(self._on_custom_context_menu_requested)
        self._empty = text_label("Finished pictures appear here and are saved at once.", role="hint", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._list)
        vbox(heading, stretched(self._pages), on=self, spacing=8)
        model.rowsInserted.connect(self._show_page)
        self._show_page()

    def forget_choice(self) -> None:
        """No picture is chosen: the canvas shows something else."""
        self._list.clearSelection()

    def _show_page(self) -> None:
        self._pages.setCurrentWidget(self._list if self._model.rowCount() else self._empty)

    def _choose(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        indexes = selected.indexes()
        if indexes:
            self.chosen.emit(self._model.path(indexes[0].row()))

    def _activate(self, index: QModelIndex) -> None:
        self.activated.emit(self._model.path(index.row()))

    def _on_custom_context_menu_requested(self, position: QPoint) -> None:
        index = self._list.indexAt(position)
        if index.isValid():
            path: Path = self._model.path(index.row())
            self.menu_asked.emit(path, self._list.viewport().mapToGlobal(position))
