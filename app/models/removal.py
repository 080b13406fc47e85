"""Moves a model to the system's trash, after a question."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.session.background import BackgroundTasks
from core.files.atomic import words_of
from core.gallery.system_trash import Trash
from core.language.words import tr


class ModelRemoval(QObject):
    """Asks before it acts.

    Signals:
        removed: the key of the model, and what went wrong or "".
    """

    removed = Signal(str, str)

    def __init__(self, window: QWidget, trash: Trash, background: BackgroundTasks) -> None:
        super().__init__(window)
        self._window = window
        self._trash = trash
        self._tasks = background.queue(self, "trash")

    def ask(self, key: str, name: str, folder: Path) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("removeModelDialog")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(tr("Remove a model"))
        box.setText(tr("Move {name} to the trash?", name=name))
        box.setInformativeText(tr("Pictures made with it are kept. You can restore it, or download it again."))
        yes = box.addButton(tr("Move to the trash"), QMessageBox.ButtonRole.AcceptRole)
        yes.setObjectName("confirmRemovalButton")
        yes.clicked.connect(partial(self._remove, key, folder))
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(box.deleteLater)
        box.open()

    def _remove(self, key: str, folder: Path) -> None:
        put = partial(_put, self._trash, folder)
        self._tasks.submit(put, partial(self.removed.emit, key), is_kept=True)


def _put(trash: Trash, folder: Path) -> str:
    """Returns the reason why it did not work, or ""."""
    try:
        trash.put(folder)
    except OSError as error:
        return words_of(error)
    return ""
