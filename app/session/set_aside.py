"""Discarded films: they are removed when the program closes, until then they can be taken back."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.session.background import BackgroundTasks


class SetAside(QObject):
    """Knows the files; a film that is set aside when the process is killed is found at the next start."""

    def __init__(self, background: BackgroundTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._files: set[Path] = set()
        background.closing_begun.connect(self._remove)

    def put(self, files: Iterable[Path]) -> None:
        self._files.update(files)

    def take_back(self, files: Iterable[Path]) -> None:
        self._files.difference_update(files)

    def __contains__(self, file: Path) -> bool:
        return file in self._files

    @Slot()
    def _remove(self) -> None:
        for file in self._files:
            file.unlink(missing_ok=True)
