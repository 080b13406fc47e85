"""The real program, driven from inside: ``python -m tests.app.driving SECONDS RUNS`` as the user who clicks would.

Makes pictures one after the other, notes each that the window says is saved, and closes the window after some
seconds, or after so many runs. Each run takes the next of the models, of those that are named in the call.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.__main__ import main
from app.session.run import SavedPicture
from app.startup import application
from app.window.main_window import MainWindow
from core.paths import Folders
from core.request.request import Size


class Driver(QObject):
    """Writes ``saved`` and ``closed`` lines to the file that the environment names."""

    def __init__(self, window: MainWindow, seconds: float, runs: int, models: Sequence[str] = ()) -> None:
        super().__init__(window)
        self._window = window
        self._left = runs
        self._models = list(models)
        self._notes = Path(os.environ["EMULSION_NOTES"])
        window.session.picture_saved.connect(self._note)
        window.session.failed.connect(self._complain)
        window.session.run_ended.connect(self._go_on)
        QTimer.singleShot(0, self, self._generate)
        QTimer.singleShot(round(seconds * 1000), self, self._close)

    @Slot(object)
    def _note(self, saved: SavedPicture) -> None:
        self._write(f"saved {saved.path}")

    @Slot()
    def _go_on(self) -> None:
        self._left -= 1
        QTimer.singleShot(0, self, self._generate if self._left else self._close)

    @Slot()
    def _generate(self) -> None:
        session = self._window.session
        if self._models:
            session.edit(prompt="a red house", model=self._models.pop(0), seed=7, steps=2)
            small = session.draft_editor.limits.snap(64)
            session.edit(size=Size(small, small))
            self._write(f"model {session.draft.model}")
        session.generate()

    @Slot(object)
    def _complain(self, message: object) -> None:
        self._write(f"failed {message}")

    @Slot()
    def _close(self) -> None:
        self._write(f"closed {time.time()}")
        self._window.close()

    def _write(self, line: str) -> None:
        with self._notes.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def drive(seconds: float, runs: int, models: Sequence[str] = ()) -> int:
    make = application.make_window

    def make_driven(program: QApplication, folders: Folders) -> MainWindow:
        window = make(program, folders)
        Driver(window, seconds, runs, models)
        return window

    application.make_window = make_driven
    return main([])


if __name__ == "__main__":
    sys.exit(drive(float(sys.argv[1]), int(sys.argv[2])))
