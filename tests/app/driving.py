"""The real program, driven from inside: ``python -m tests.app.driving SECONDS RUNS`` as the user who clicks would.

Makes pictures one after the other, notes each that the window says is saved, and closes the window after some
seconds, or after so many runs.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app import application
from app.__main__ import main
from app.main_window import MainWindow
from app.run import SavedPicture
from core.paths import Folders


class Driver(QObject):
    """Writes ``saved`` and ``closed`` lines to the file that the environment names."""

    def __init__(self, window: MainWindow, seconds: float, runs: int) -> None:
        super().__init__(window)
        self._window = window
        self._left = runs
        self._notes = Path(os.environ["EMULSION_NOTES"])
        window.studio.picture_saved.connect(self._note)
        window.studio.run_ended.connect(self._go_on)
        QTimer.singleShot(0, window.studio.generate)
        QTimer.singleShot(round(seconds * 1000), self, self._close)

    @Slot(object)
    def _note(self, saved: SavedPicture) -> None:
        self._write(f"saved {saved.path}")

    @Slot()
    def _go_on(self) -> None:
        self._left -= 1
        QTimer.singleShot(0, self._window.studio.generate if self._left else self._close)

    @Slot()
    def _close(self) -> None:
        self._write(f"closed {time.time()}")
        self._window.close()

    def _write(self, line: str) -> None:
        with self._notes.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def drive(seconds: float, runs: int) -> int:
    make = application.make_window

    def make_driven(program: QApplication, folders: Folders) -> MainWindow:
        window = make(program, folders)
        Driver(window, seconds, runs)
        return window

    application.make_window = make_driven
    return main([])


if __name__ == "__main__":
    sys.exit(drive(float(sys.argv[1]), int(sys.argv[2])))
