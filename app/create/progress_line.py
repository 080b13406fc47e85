"""The line under the canvas: what is happening, how fast, and how long it will take."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QProgressBar, QWidget

from app.session.progress_text import Progress
from app.session.run import Ending, RunState
from app.session.session import Session
from app.widgets.building import hbox, named, stretched, text_label, vbox
from core.runs.events import Advanced, ImageReady, Phase, Started, Stepped

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
        session.state_changed.connect(self._change_state)
        session.phase_changed.connect(self._change_phase)
        session.run_started.connect(self._start)
        session.stepped.connect(self._step)
        session.advanced.connect(self._advance)
        session.image_ready.connect(self._finish)
        session.run_ended.connect(self._end)
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
    def _change_state(self, state: RunState) -> None:
        self._progress.change_state(state)
        self._show()

    @Slot(object)
    def _change_phase(self, phase: Phase | None) -> None:
        self._progress.change_phase(phase)
        self._show()

    @Slot(object)
    def _start(self, started: Started) -> None:
        self._progress.start(started)
        self._show()

    @Slot(object)
    def _step(self, stepped: Stepped) -> None:
        self._progress.step(stepped)
        if not self._rest.isActive():
            self._show()
            self._rest.start()

    @Slot(object)
    def _advance(self, advanced: Advanced) -> None:
        self._progress.advance(advanced)
        self._show()

    @Slot(object)
    def _finish(self, ready: ImageReady) -> None:
        self._progress.finish(ready)
        self._show()

    @Slot(object)
    def _end(self, ending: Ending) -> None:
        self._progress.end(ending)
        self._show()
