"""The seed: random each time, or locked; the one that the last run used can be seen, copied and locked."""

import secrets

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication, QValidator
from PySide6.QtWidgets import QLineEdit, QWidget

from app.session.session import Session
from app.widgets.arrow_keys import ArrowKeys
from app.widgets.building import hbox, stretched, vbox
from app.widgets.field import GAP_PX, Field, describe
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from core.language.words import tr
from core.request.request import LARGEST_SEED
from core.request.settings.seed import RANDOM_SEEDS


class SeedValidator(QValidator):
    """Lets through nothing, or a whole number from 0 to 2^64 - 1; spaces around it are dropped."""

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        digits = text.strip()
        is_seed = not digits or (digits.isascii() and digits.isdigit() and int(digits[:40]) <= LARGEST_SEED)
        state = QValidator.State.Acceptable if is_seed else QValidator.State.Invalid
        return state, digits, min(position, len(digits))


class SeedControl(QWidget):
    """A line for the seed and three buttons: lock, dice, copy. An empty line is a random seed each time."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.edit = QLineEdit()
        describe(
            self.edit,
            "seedEdit",
            tr("Seed"),
            tr(
                "Seed: where the noise starts. The same seed and settings give the same picture.\n"
                "Empty: a random one each time."
            ),
        )
        self.edit.setValidator(SeedValidator(self.edit))
        self.keep_button = IconButton("unlock", "", "keepSeedButton")
        self.keep_button.setCheckable(True)
        tip = tr("New random seed, locked")
        self.dice_button = IconButton("dice", tip, "diceButton", name=tr("New random seed"))
        self.copy_button = IconButton("copy", tr("Copy the seed"), "copySeedButton")
        row = hbox(stretched(self.edit), self.keep_button, self.dice_button, self.copy_button, spacing=GAP_PX)
        self._labelled = Field(tr("See&d"), self.edit, row)
        vbox(self._labelled, on=self)
        ArrowKeys(self, (self.edit, self.keep_button, self.dice_button, self.copy_button))
        self.edit.textEdited.connect(self._on_text_edited)
        self.edit.editingFinished.connect(self._show)
        self.keep_button.clicked.connect(self._keep_or_release)
        self.dice_button.clicked.connect(self._throw_dice)
        self.copy_button.clicked.connect(self._copy)
        session.draft_edited.connect(self._show)
        session.run_started.connect(self._show)
        self._show()

    @property
    def _shown_seed(self) -> int | None:
        """Returns the seed of the draft, else the one that was used last."""
        seed = self._session.draft.seed
        return seed if seed is not None else self._session.progress.last_seed

    @Slot(str)
    def _on_text_edited(self, text: str) -> None:
        self._session.edit(seed=int(text) if text else None)

    @Slot()
    def _keep_or_release(self) -> None:
        if self._session.draft.seed is not None:
            self._session.edit(seed=None)
        elif self._session.progress.last_seed is not None:
            self._session.edit(seed=self._session.progress.last_seed)
        else:
            self._throw_dice()

    @Slot()
    def _throw_dice(self) -> None:
        self._session.edit(seed=secrets.randbelow(RANDOM_SEEDS))

    @Slot()
    def _copy(self) -> None:
        if self._shown_seed is not None:
            QGuiApplication.clipboard().setText(str(self._shown_seed))

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        text = self.edit.text()
        typed = int(text) if text else None
        if typed != draft.seed or (text and not self.edit.hasFocus()):
            self.edit.setText("" if draft.seed is None else str(draft.seed))
        last = self._session.progress.last_seed
        self.edit.setPlaceholderText(tr("random") if last is None else tr("random (last: {last})", last=last))
        self._labelled.note.setText(tr("random each time") if draft.seed is None else tr("locked"))
        is_kept = draft.seed is not None
        self.keep_button.setChecked(is_kept)
        words = tr("Use a random seed each time") if is_kept else tr("Lock the seed that was used last")
        describe(self.keep_button, "keepSeedButton", words, words)
        self.copy_button.setEnabled(self._shown_seed is not None)
        set_icon(self.keep_button, "lock" if is_kept else "unlock")
