"""The place *Forward*: see what noise does to a picture of one's own, and denoise from any point."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.controls.field import describe
from app.controls.source import file_in
from app.forward.experiment import Experiment
from app.forward.noise_bench import NoiseBench
from app.forward.source_panel import SourcePanel
from app.icons import ICON_NAME
from app.message_bar import MessageArea
from app.messages import Message
from app.studio import Studio
from core.request import GenerationRequest
from core.round_trip import OneStep, RoundTrip
from core.source_picture import SUFFIXES

ABOUT = (
    "A diffusion model learns by undoing this: noise is mixed into a picture, a little or a lot, and the network "
    "says what it believes lay below. Move the slider. With little noise it finds your picture again; with much "
    "noise it paints what the prompt and its training suggest. Generating walks this way back in many small steps."
)
EMPTY = (
    "Open or drop a picture to see what noise does to it",
    "It is encoded by the model's autoencoder, mixed with noise at any strength, and shown to the network.",
)


class ForwardPage(QWidget):
    """A place of the window.

    Signals:
        current_asked: the page wants the picture on the canvas; answer by `open`.
        denoising: a run has been asked for; the place *Create* shows it.
    """

    current_asked = Signal()
    denoising = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("forwardPage")
        self.setAcceptDrops(True)
        self._studio = studio
        self.experiment = Experiment(studio, self)
        self.source = SourcePanel()
        self.bench = NoiseBench()
        self.messages = MessageArea()
        self.prompt = QLineEdit()
        describe(
            self.prompt, "forwardPromptEdit", "Prompt", "The prompt that the network is given with the noise."
        )
        self.prompt.setPlaceholderText("What the network is told the picture shows")
        self.button = QPushButton("Denoise from here")
        describe(
            self.button,
            "denoiseButton",
            "Denoise from here",
            "Image to image: the run begins with this mixture in the place of pure noise.",
        )
        self.button.setProperty("kind", "primary")
        self.button.setProperty(ICON_NAME, "play")
        self._sentence = QLabel()
        self._sentence.setObjectName("denoiseSentence")
        self._sentence.setProperty("role", "hint")
        self._sentence.setWordWrap(True)
        self._lay_out()
        self.source.choose_asked.connect(self._ask_picture)
        self.source.current_asked.connect(self.current_asked)
        self.bench.t_chosen.connect(self.experiment.set_t)
        self.bench.other_noise_asked.connect(self.experiment.draw_other_noise)
        self.prompt.textEdited.connect(self._take_prompt)
        self.prompt.returnPressed.connect(self._denoise)
        self.button.clicked.connect(self._denoise)
        self.experiment.trip_made.connect(self._show_trip)
        self.experiment.noise_changed.connect(self._show_noise)
        self.experiment.step_made.connect(self._show_step)
        self.experiment.refused.connect(self._show_error)
        studio.draft_edited.connect(self._show_draft)
        self._show_draft(studio.draft)

    def open(self, path: Path) -> None:
        """Takes this picture."""
        self.messages.dismiss("forward")
        self.experiment.open(path)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.experiment.set_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.experiment.set_seen(False)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if file_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = file_in(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.open(path)

    def _lay_out(self) -> None:
        about = QLabel(ABOUT)
        about.setProperty("role", "hint")
        about.setWordWrap(True)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.prompt, 1)
        bottom.addWidget(self.button)
        work = QWidget()
        column = QVBoxLayout(work)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(about)
        column.addWidget(self.bench, 1)
        column.addLayout(bottom)
        column.addWidget(self._sentence)
        self._stack = QStackedWidget()
        self._stack.addWidget(_empty())
        self._stack.addWidget(work)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.messages)
        right.addWidget(self._stack, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.source)
        layout.addLayout(right, 1)

    @Slot()
    def _ask_picture(self) -> None:
        dialog = QFileDialog(self, "Open a picture")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"Pictures ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})")
        dialog.fileSelected.connect(self._open_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _open_chosen(self, file: str) -> None:
        self.open(Path(file))

    @Slot(object)
    def _show_trip(self, trip: RoundTrip | None) -> None:
        self.source.show_trip(trip)
        self.bench.setEnabled(trip is not None)
        if trip is not None:
            self._stack.setCurrentIndex(1)
            self.bench.show_trip(trip, self.experiment.t)

    @Slot()
    def _show_noise(self) -> None:
        trip, preview = self.experiment.trip, self.experiment.noisy_preview()
        if trip is None or preview is None:
            return
        self.bench.show_noise(trip, self.experiment.t, preview)
        steps, strength = self._studio.draft.steps, self.experiment.strength
        made = self.experiment.request.source.steps_of(steps) if self.experiment.request.source else steps
        self._sentence.setText(
            f"Image to image with strength {strength:.2f}: of {steps} steps the last {made} are made, from this "
            "much noise on. Less noise keeps more of your picture. Model and settings are those of Create."
        )

    @Slot(object)
    def _show_step(self, step: OneStep | None) -> None:
        self.bench.show_step(step)

    @Slot(object)
    def _show_error(self, message: Message) -> None:
        self.messages.show_message("forward", message, "error")
        if self.experiment.trip is None:
            self._stack.setCurrentIndex(0)

    @Slot(object)
    def _show_draft(self, draft: GenerationRequest) -> None:
        if self.prompt.text() != draft.prompt:
            self.prompt.setText(draft.prompt)

    @Slot(str)
    def _take_prompt(self, text: str) -> None:
        self._studio.edit(prompt=text)

    @Slot()
    def _denoise(self) -> None:
        if self.experiment.trip is not None:
            self.experiment.denoise(self.prompt.text())
            self.denoising.emit()


def _empty() -> QWidget:
    empty = QWidget()
    column = QVBoxLayout(empty)
    column.addStretch(1)
    for role, text in zip(("title", "hint"), EMPTY, strict=True):
        label = QLabel(text)
        label.setProperty("role", role)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        label.setWordWrap(True)
        column.addWidget(label)
    column.addStretch(1)
    return empty
