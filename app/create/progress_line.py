"""The line under the canvas: what is happening, how fast, and how long it will take."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QProgressBar, QWidget

from app.session.progress_text import Happened, Progress
from app.session.session import Session
from app.widgets.building import hbox, named, stretched, text_label, vbox
from core.runs.events import Stepped

RESOLUTION = 1000
REST_MS = 40
"""Steps that follow each other faster than this are not all shown."""


class ProgressLine(QWidget):
    """Follows the session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("progressLine")
        self._progress = Progress()
        self._words = text_label(name="phaseLabel")
        self._words.setMinimumWidth(1)
        self._figures = text_label(name="figuresLabel", role="number")
        self._figures.setToolTip("Time for a step, time left, and σ: how much noise there is beside the picture")
        self._bar = named(QProgressBar(), "progressBar", "Progress")
        self._bar.setTextVisible(False)
        texts = hbox(stretched(self._words), self._figures)
        vbox(texts, self._bar, on=self, margins=(16, 8, 16, 10), spacing=8)
        for happened in (
            *(session.state_changed, session.phase_changed, session.run_started, session.stepped),
            *(session.advanced, session.image_ready, session.run_ended),
        ):
            happened.connect(self._on_happened)
        # A progress bar paints the whole window at once, whenever its value changes: fast models take more than
        # a hundred steps a second.
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        progress = self._progress
        self._words.setText(progress.words)
        self._figures.setText(progress.figures)
        if progress.fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, RESOLUTION)
            self._bar.setValue(round(progress.fraction * RESOLUTION))

    @Slot(object)
    def _on_happened(self, happened: Happened) -> None:
        self._progress.follow(happened)
        if isinstance(happened, Stepped):
            if self._rest.isActive():
                return
            self._rest.start()
        self._show()
