"""Asks for a picture: one of the recent ones, or any other file."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from app.recent.model import RecentPictures
from app.recent.strip import ThumbnailGrid
from app.widgets.building import stretched, text_label, vbox
from app.widgets.file_dialogs import PICTURES, ask_file

_SIZE_PX = (560, 480)


class ChoosePictureDialog(QDialog):
    """Opens by `open`, without blocking.

    Signals:
        chosen: the picture's `Path`.
    """

    chosen = Signal(object)

    def __init__(self, title: str, words: str, pictures: RecentPictures, folder: Path, parent: QWidget) -> None:
        """Takes the ``folder`` that the dialog for other files starts in."""
        super().__init__(parent)
        self.setObjectName("choosePictureDialog")
        self.setWindowTitle(title)
        self.resize(*_SIZE_PX)
        self._pictures = pictures
        self._folder = folder
        text = text_label(words, wraps=True)
        self._grid = ThumbnailGrid(pictures, self)
        self._grid.setObjectName("choosePictureView")
        self._grid.setDragEnabled(False)
        self._grid.clicked.connect(self._choose)
        self._grid.activated.connect(self._choose)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        other = buttons.addButton("Another file…", QDialogButtonBox.ButtonRole.ActionRole)
        other.setObjectName("otherFileButton")
        other.setAutoDefault(False)
        other.clicked.connect(self._ask_file)
        buttons.rejected.connect(self.reject)
        vbox(text, stretched(self._grid), buttons, on=self, margins=16, spacing=12)
        self._grid.setFocus()
        self.finished.connect(self.deleteLater)

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if self.result() != QDialog.DialogCode.Accepted:  # a double click says it twice
            self._take(self._pictures.path(index.row()))

    @Slot()
    def _ask_file(self) -> None:
        ask_file(self, "Choose a picture", self._take, [PICTURES], self._folder)

    def _take(self, path: Path) -> None:
        self.accept()
        self.chosen.emit(path)
