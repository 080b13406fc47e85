"""The page *Noise*: shows the effect of noise on the user's own picture, and denoises from any point."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.film.explanation import Explanation
from app.messages.errors import Message
from app.noise.denoise_bar import DenoiseBar
from app.noise.experiment import Experiment
from app.noise.noise_pane import NoisePane
from app.noise.noise_text import ABOUT, NAME, TERMS
from app.noise.source_panel import SourcePanel
from app.noise.start import NoiseStart
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.building import hbox, stretched, vbox
from app.widgets.drop_router import DropRouter, DropRule, first, is_source
from app.widgets.file_dialogs import SOURCES, ask_file
from app.widgets.icon_button import IconButton
from app.widgets.message_bar import MessageArea
from core.language.words import tr
from core.request.request import GenerationRequest
from core.runs.round_trip import EncodedPicture, OneStep

PICTURE, STEP = "picture", "step"
"""Subjects of messages."""

EXPLANATION_PX = 288
WIDE_PX = 1160
"""From this width on the explanation stands beside everything; below it, it replaces the picture's facts."""


class NoisePage(QWidget):
    """A page of the window.

    Attributes:
        panes: all that F6 leads to.

    Signals:
        denoising: a run has been asked for; the place *Create* shows it.
    """

    denoising = Signal()

    def __init__(self, session: Session, settings_store: SettingsStore) -> None:
        super().__init__()
        self.setObjectName("forwardPage")
        DropRouter(self, [DropRule(is_source, first(self.open))])
        self._session = session
        self._settings_store = settings_store
        self._current: Path | None = None
        self.experiment = Experiment(session, self)
        self.start = NoiseStart()
        self.source = SourcePanel()
        self.bench = NoisePane()
        self.denoise_bar = DenoiseBar()
        self.messages = MessageArea()
        self._ask = IconButton("question", tr("What is this? Explains the page"), "explainNoiseButton")
        self._ask.setCheckable(True)
        self._ask.setChecked(NAME not in settings_store.settings.explained_views)
        self._explanation = Explanation(ABOUT, TERMS)
        self._work = QWidget()
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.offer_current(None)
        self.denoise_bar.show_prompt(session.draft.prompt)

    def open(self, path: Path) -> None:
        """Encodes and shows this picture."""
        self.messages.dismiss(PICTURE)
        self.experiment.open(path)

    def offer_current(self, picture: Path | None) -> None:
        """Offers the picture of the page *Create*; None if that has no file."""
        self._current = picture
        for button in (self.start.current_button, self.source.current_button):
            button.setEnabled(picture is not None)
            button.setToolTip("" if picture is not None else tr("In Create no finished picture is shown"))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.experiment.set_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.experiment.set_seen(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _lay_out(self) -> None:
        self.bench.head.addWidget(self._ask, 0, Qt.AlignmentFlag.AlignTop)
        middle = vbox(stretched(self.bench), self.denoise_bar, margins=(16, 16, 16, 12), spacing=8)
        self._explanation.setFixedWidth(EXPLANATION_PX)
        self._explanation.setContentsMargins(0, 16, 16, 16)
        hbox(self.source, stretched(middle), self._explanation, on=self._work, spacing=0)
        self.panes = (self.source, self.bench, self.denoise_bar, self._explanation, self.start)
        self._stack.addWidget(self.start)
        self._stack.addWidget(self._work)
        vbox(self.messages, stretched(self._stack), on=self, spacing=0)

    def _connect(self) -> None:
        for asking in (self.start, self.source):
            asking.choose_button.clicked.connect(self._ask_file)
            asking.current_button.clicked.connect(self._open_current)
        self._ask.toggled.connect(self._arrange)
        self._explanation.closed.connect(self._understand)
        self.bench.t_chosen.connect(self.experiment.set_t)
        self.bench.other_noise_asked.connect(self.experiment.draw_other_noise)
        self.denoise_bar.prompt_edited.connect(lambda: self._session.edit(prompt=self.denoise_bar.prompt.text()))
        self.denoise_bar.denoise_asked.connect(self._denoise)
        self.experiment.taking.connect(self._on_taking)
        self.experiment.taken.connect(self._on_taken)
        self.experiment.noise_changed.connect(self._on_noise_changed)
        self.experiment.step_made.connect(self._on_step_made)
        self.experiment.refused.connect(self._on_refused)
        self.experiment.step_refused.connect(self._on_step_refused)
        self._session.draft_edited.connect(self._on_draft_edited)

    @Slot()
    def _arrange(self) -> None:
        is_explained = self._ask.isChecked()
        self._explanation.setVisible(is_explained)
        self.source.setVisible(not is_explained or self.width() >= WIDE_PX)

    @Slot()
    def _understand(self) -> None:
        explained = self._settings_store.settings.explained_views
        if NAME not in explained:
            self._settings_store.change(explained_views=(*explained, NAME))
        self._ask.setChecked(False)

    @Slot()
    def _ask_file(self) -> None:
        ask_file(self, tr("Open a picture"), self.open, [SOURCES])

    @Slot()
    def _open_current(self) -> None:
        if self._current is not None:
            self.open(self._current)

    @Slot()
    def _on_taking(self) -> None:
        self._enable()
        if self.experiment.shown is None:
            self._stack.setCurrentWidget(self.start)
            self.start.show_taking(is_taking=True)
        else:
            self.bench.show_waiting(tr("encoding the picture…"))

    @Slot(object)
    def _on_taken(self, taken: EncodedPicture) -> None:
        self.messages.dismiss(PICTURE)
        self.source.show_picture(taken)
        self.bench.show_trip(taken.trip)
        is_first = self._stack.currentWidget() is self.start and self.isVisible()
        self._stack.setCurrentWidget(self._work)
        self._enable()
        if is_first:
            self.bench.slider.setFocus()

    @Slot()
    def _on_noise_changed(self) -> None:
        shown, preview = self.experiment.shown, self.experiment.noisy_preview()
        source = self.experiment.source
        if shown is not None and preview is not None and source is not None:
            self.bench.show_noise(shown.trip, self.experiment.t, preview)
            self.denoise_bar.show_source(source, self._session.draft.steps)

    @Slot(object)
    def _on_step_made(self, step: OneStep | None) -> None:
        if step is not None:
            self.messages.dismiss(STEP)
        self.bench.show_step(step)

    @Slot(object)
    def _on_refused(self, message: Message) -> None:
        self.messages.show_message(PICTURE, message, "error")
        self._enable()
        if self.experiment.shown is None:
            self._stack.setCurrentWidget(self.start)
            self.start.show_taking(is_taking=False)

    @Slot(object)
    def _on_step_refused(self, message: Message) -> None:
        self.messages.show_message(STEP, message, "error")
        self.bench.show_waiting(tr("no answer from the network"))

    @Slot(object)
    def _on_draft_edited(self, draft: GenerationRequest) -> None:
        self.denoise_bar.show_prompt(draft.prompt)

    @Slot()
    def _denoise(self) -> None:
        if self.experiment.shown is not None and not self.experiment.is_taking:
            self.experiment.denoise()
            self.denoising.emit()

    def _enable(self) -> None:
        """Disables the controls of the earlier picture while another one is encoded."""
        self.bench.setEnabled(not self.experiment.is_taking)
        self.denoise_bar.setEnabled(not self.experiment.is_taking)
