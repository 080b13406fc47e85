"""Moving a model to the system's trash, after a question."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.gallery.system_trash import Trash


class ModelRemoval(QObject):
    """Asks before it acts. Call `finish` at the end.

    Signals:
        removed: the key of the model, and what went wrong or "".
    """

    removed = Signal(str, str)

    def __init__(self, window: QWidget, trash: Trash) -> None:
        super().__init__(window)
        self._window = window
        self._trash = trash
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)

    def finish(self) -> None:
        self._pool.waitForDone()

    def ask(self, key: str, name: str, folder: Path) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("removeModelDialog")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle("Remove a model")
        box.setText(f"Move {name} to the trash?")
        box.setInformativeText("Pictures made with it stay. It can be taken back, or downloaded again.")
        yes = box.addButton("Move to the trash", QMessageBox.ButtonRole.AcceptRole)
        yes.setObjectName("confirmRemovalButton")
        yes.setProperty("model", (key, str(folder)))
        yes.clicked.connect(self._remove)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(box.deleteLater)
        box.open()

    @Slot()
    def _remove(self) -> None:
        key, folder = self.sender().property("model")
        self._pool.start(partial(self._put, str(key), Path(folder)))

    def _put(self, key: str, folder: Path) -> None:
        try:
            self._trash.put(folder)
        except OSError as error:
            self.removed.emit(key, error.strerror or str(error))
        else:
            self.removed.emit(key, "")
