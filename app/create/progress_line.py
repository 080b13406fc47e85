"""The line under the canvas: what is happening, how fast, and how long it will take."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.session.progress_text import Happened, Progress
from app.session.runner import Runner
from app.session.session import Session
from app.widgets.building import text_label, vbox
from app.widgets.busy_bar import BusyBar
from app.widgets.still_line import StillLine
from core.language.words import tr
from core.runs.events import Event, ImageReady

RESOLUTION = 1000


class ProgressLine(QWidget):
    """Follows the session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("progressLine")
        self.setAutoFillBackground(True)  # or all that lies below is painted with each step
        self._progress = Progress()
        self._session = session
        self._words = text_label(name="phaseLabel")
        self._figures = text_label(name="figuresLabel", role="number")
        self._figures.setToolTip(tr("Time for a step, and time left for this picture and for the queue"))
        self._bar = BusyBar(tr("Progress"))
        self._bar.setObjectName("progressBar")
        vbox(StillLine(self._words, self._figures), self._bar, on=self, margins=(16, 8, 16, 10), spacing=8)
        for happened in (
            *(session.state_changed, session.phase_changed, session.run_started, session.step_shown),
            *(session.advanced, session.image_ready, session.run_ended),
        ):
            happened.connect(self._on_happened)
        session.pool.happened.connect(self._count)
        self._show()

    @Slot(object, object)
    def _count(self, _runner: Runner, event: Event) -> None:
        if isinstance(event, ImageReady):
            self._progress.count_finished()

    @Slot()
    def _show(self) -> None:
        progress = self._progress
        self._words.setText(progress.words)
        self._figures.setText(progress.figures)
        if progress.fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, RESOLUTION)
            self._bar.setUpdatesEnabled(False)  # it would be painted at once, beside the rest of the window
            self._bar.setValue(round(progress.fraction * RESOLUTION))
            self._bar.setUpdatesEnabled(True)

    @Slot(object)
    def _on_happened(self, happened: Happened) -> None:
        self._progress.follow(happened)
        queue = self._session.queue
        workers = len(self._session.pool.runners)
        seconds = self._session.times.of_queue(queue.entries, queue.running, workers) if queue.runs else None
        self._progress.queue_seconds = seconds
        self._show()
