"""Suggestions for the prompt, as a row of chips; only for models that were taught few words."""

import logging
import secrets
from contextlib import suppress

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.session.session import Session
from app.widgets.building import STRETCH, hbox, push_button, set_shown, text_label, vbox
from app.widgets.field import GAP_PX
from app.widgets.icon_button import IconButton
from core.errors import EmulsionError, ModelBroken
from core.language.words import tr
from core.models.catalogue import Model
from core.prompt.vocabulary import Vocabulary, appended, read_vocabulary
from core.request.request import GenerationRequest

log = logging.getLogger(__name__)

MOST_CHIPS = 6


class Suggestions(QWidget):
    """A dice that throws a prompt, phrases that the prompt does not say yet, and words that the model never saw.

    Attributes:
        buttons: the dice and the chips, from left to right.

    Signals:
        vocabulary_changed: another model with other words, or with none, see ``vocabulary``.
    """

    vocabulary_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._model: Model | None = None
        self.vocabulary: Vocabulary | None = None
        self._offered: tuple[str, ...] = ()
        tip = tr("Surprise me: a random prompt this model can draw")
        self._dice = IconButton("dice", tip, "promptDiceButton", name=tr("Another prompt"))
        self._dice.clicked.connect(self._throw)
        self._chips = [self._chip() for _ in range(MOST_CHIPS)]
        self.buttons: tuple[QWidget, ...] = (self._dice, *self._chips)
        self._row = QWidget()
        hbox(self._dice, *self._chips, STRETCH, on=self._row, spacing=GAP_PX)
        self._unknown = text_label(name="unknownWords", role="hint", is_plain=True, wraps=True)
        vbox(self._row, self._unknown, on=self, spacing=GAP_PX)  # the row stays where it is
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._show)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_chips()

    def minimumSizeHint(self) -> QSize:
        """Chips that do not fit are left out, so that they never widen the pane."""
        return QSize(self._dice.sizeHint().width(), super().minimumSizeHint().height())

    def _chip(self) -> QPushButton:
        chip = push_button(kind="chip")
        chip.clicked.connect(lambda: self._add(chip.text()))
        chip.setAccessibleName(tr("Suggestion"))
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return chip

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        model = self._session.model_of(draft)
        if model is not self._model:
            self._model = model
            self.vocabulary = vocabulary_of(model)
            self.vocabulary_changed.emit()
        words = self.vocabulary
        set_shown(self, is_shown=words is not None)
        if words is not None:
            untaught = words.untaught(self._drawn(draft))
            self._unknown.setText(untaught)
            self._unknown.setVisible(bool(untaught))
            offered = words.suggestions(draft.prompt)[:MOST_CHIPS]
            if offered != self._offered:
                self._offered = offered
                self._fit_chips()

    def _drawn(self, draft: GenerationRequest) -> str:
        """Returns a prompt that the draft could draw."""
        with suppress(EmulsionError):  # the field says what cannot be drawn
            draft = self._session.wildcards.drawn(draft)
        return draft.prompt

    def _fit_chips(self) -> None:
        left_px = self.width() - self._dice.sizeHint().width()
        for index, chip in enumerate(self._chips):
            is_offered = index < len(self._offered)
            if is_offered:
                phrase = self._offered[index]
                chip.setText(phrase)
                chip.setAccessibleName(tr("Add to the prompt: {phrase}", phrase=phrase))
                chip.setToolTip(tr("Add “{phrase}” to the prompt", phrase=phrase))
                left_px -= chip.sizeHint().width() + GAP_PX
            chip.setVisible(is_offered and left_px >= 0)

    def _add(self, phrase: str) -> None:
        self._session.edit(prompt=appended(self._session.draft.prompt, phrase))

    @Slot()
    def _throw(self) -> None:
        words = self.vocabulary
        others = [prompt for prompt in words.prompts if prompt != self._session.draft.prompt] if words else []
        if others:
            self._session.edit(prompt=secrets.choice(others))


def vocabulary_of(model: Model | None) -> Vocabulary | None:
    """Returns the words that a model was taught; None for most models, and where the list is damaged."""
    if model is None:
        return None
    try:
        return read_vocabulary(model.folder)
    except ModelBroken as error:
        log.info("no words are suggested: %s", error)
        return None
