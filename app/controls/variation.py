"""A second noise mixed into that of the seed, and the size whose layout is kept."""

import secrets

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from app.controls.number import ShortNumberSpin
from app.controls.seed import SeedValidator
from app.session.session import Session
from app.widgets.arrow_keys import ArrowKeys
from app.widgets.building import hbox, stretched, text_label, vbox
from app.widgets.field import GAP_PX, Field, describe
from app.widgets.icon_button import IconButton
from core.errors import InvalidRequest
from core.language.words import tr
from core.request.request import GenerationRequest, Size, Variation
from core.request.settings.seed import RANDOM_SEEDS


class VariationControl(QWidget):
    """A number for the strength, a line for the second seed with its dice, and a line for the size."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.strength = ShortNumberSpin(minimum=0.0, maximum=1.0, decimals=3, singleStep=0.05)
        describe(
            self.strength,
            "variationSpin",
            tr("Variation strength"),
            tr(
                "Variation: how much of a second noise is mixed into that of the seed.\n"
                "0 is off; 0.1 changes details, 1 is another picture."
            ),
        )
        self.seed = QLineEdit(placeholderText=tr("random"))
        self.seed.setValidator(SeedValidator(self.seed))
        describe(
            self.seed,
            "variationSeedEdit",
            tr("Variation seed"),
            tr(
                "Where the second noise starts. Empty: a random one each time.\n"
                "With several pictures it counts up, and the seed stays."
            ),
        )
        self.dice = IconButton("dice", tr("New random variation seed"), "variationDiceButton")
        self.seed_size = QLineEdit(placeholderText=tr("of this picture"), maxLength=11)
        describe(
            self.seed_size,
            "seedSizeEdit",
            tr("Size for the layout"),
            tr(
                "Another size than the picture's, such as 512x512: what the seed shows at that size is kept\n"
                "in the middle of this picture. Empty: the seed shows what it shows at the picture's size."
            ),
        )
        row = hbox(self.strength, stretched(self.seed), self.dice, spacing=GAP_PX)
        self._labelled = Field(tr("Var&iation"), self.strength, row)
        caption = text_label(tr("Size for the layout"), role="caption")
        vbox(self._labelled, caption, self.seed_size, on=self, spacing=GAP_PX)
        ArrowKeys(self, (self.seed, self.dice, self.seed_size))
        self.strength.valueChanged.connect(self._on_edited)
        self.seed.textEdited.connect(self._on_edited)
        self.seed_size.editingFinished.connect(self._on_edited)
        self.dice.clicked.connect(self._on_dice)
        session.draft_edited.connect(self._show)
        self._show()

    @Slot()
    def _on_edited(self) -> None:
        seed = int(self.seed.text()) if self.seed.text() else None
        variation = Variation(self.strength.value(), seed, _typed_size(self.seed_size.text()))
        self._session.edit(variation=variation if variation.strength or variation.size else None)

    @Slot()
    def _on_dice(self) -> None:
        self.seed.setText(str(secrets.randbelow(RANDOM_SEEDS)))
        if not self.strength.value():
            self.strength.setValue(0.1)
        self._on_edited()

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        variation = draft.variation or Variation()
        with QSignalBlocker(self.strength):
            self.strength.setValue(variation.strength)
        self.seed.setEnabled(variation.strength > 0)
        seed, size = ("" if value is None else str(value) for value in (variation.seed, variation.size))
        if variation.strength and self.seed.text() != seed:
            self.seed.setText(seed)
        if not self.seed_size.hasFocus():
            self.seed_size.setText(size)
        self._labelled.note.setText(_note(draft))
        is_loose = draft.variation is not None and draft.seed is None
        self._labelled.note.setToolTip(tr("Lock the seed to stay near one picture") if is_loose else "")


def _typed_size(text: str) -> Size | None:
    try:
        return Size.parse(text)
    except InvalidRequest:
        return None


def _note(draft: GenerationRequest) -> str:
    if draft.variation is None:
        return tr("off")
    return "" if draft.seed is not None else tr("lock the seed, too")
