"""The rows of a dialog that ask how pictures are refined; they wait until it is wanted."""

from math import ceil

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.controls.number import ShortNumberSpin
from app.widgets.building import form, text_label, vbox
from app.widgets.field import combo_box, describe
from core.files.sizes import size_text
from core.language.words import tr
from core.recipes.refinement import DEFAULT_STRENGTH, LARGEST_SIDE, Refinement
from core.request.request import GenerationRequest, Size
from core.runs.refining import Refining, memory_of_whole

MANY_TILES, STRENGTH_OF_MANY = 9, 0.15
"""Each of so many tiles shows a small part, into which a usual strength draws all that the prompt names."""


class RefineOptions(QWidget):
    """A check box, and below it strength, words and settings.

    Signals:
        toggled: refining is wanted, or not any more. model_chosen: by whose settings is another.
    """

    toggled = Signal()
    model_chosen = Signal()

    def __init__(self, draft: GenerationRequest | None, tiles: tuple[int, int] = (0, 0)) -> None:
        """``draft`` has the settings for pictures that tell none of their own; ``tiles``: see `EnlargeDialog`."""
        super().__init__()
        self._draft = draft
        self._tiles = tiles
        self._usual = DEFAULT_STRENGTH
        self._check = QCheckBox(tr("&Refine: draw it again in tiles"))
        about = tr(
            "The model denoises the picture once more, in tiles of the size that it was trained in.\n"
            "Small details become new ones; no seams are left."
        )
        describe(self._check, "refineCheck", tr("Refine in tiles"), about)
        self._strength = ShortNumberSpin(minimum=0.01, maximum=1.0, singleStep=0.05, decimals=2)
        self._strength.setValue(DEFAULT_STRENGTH)
        tip = tr("How much of the picture may change: above 0.4 each tile tends to show the whole prompt")
        describe(self._strength, "refineStrengthSpin", tr("Strength"), tip)
        self._prompt = QLineEdit(placeholderText=tr("Those of each picture"))
        tip = tr("Words for all tiles in the place of each picture's own: best such that fit every part of it")
        describe(self._prompt, "refinePromptEdit", tr("Words"), tip)
        choices = [(tr("Those of each picture, if it tells them"), True), (tr("Those on the page Create"), False)]
        self._settings = combo_box(choices, "refineSettingsCombo", tr("Model and settings"))
        self._settings.currentIndexChanged.connect(self.model_chosen)
        self._hint = text_label(name="refineHint", role="hint", wraps=True)
        self._rows = QWidget()
        rows = form(
            (tr("S&trength"), self._strength), (tr("&Words"), self._prompt), (tr("&Model"), self._settings)
        )
        vbox(rows, self._hint, on=self._rows, spacing=12)
        vbox(self._check, self._rows, on=self, spacing=12)
        self._rows.setVisible(False)
        self._check.toggled.connect(self._on_toggled)

    @property
    def is_wanted(self) -> bool:
        return self._check.isChecked()

    @property
    def refining(self) -> Refining | None:
        """Returns the refinement that is asked for, None for none."""
        if not self.is_wanted:
            return None
        how, prompt = Refinement(round(self._strength.value(), 2)), self._prompt.text().strip()
        return Refining(how, self._draft, is_own=self._settings.currentData(), prompt=prompt or None)

    def show_size(self, size: Size | None) -> bool:
        """Tells what a picture of this size needs, if it is known; returns False for one that is too large."""
        words, is_possible = "", size is None or max(size.width, size.height) <= LARGEST_SIDE
        if size is not None:
            memory = size_text(memory_of_whole(size))
            words = tr("Takes about {memory} of the computer's memory beside the model.", memory=memory)
            if self._has_many_tiles(size):
                words += "\n" + tr(
                    "Each tile is drawn from the same prompt: things may repeat. "
                    "A lower strength keeps more of the picture."
                )
            self._suit_strength(size)
        if not is_possible:
            words = tr("Pictures of more than {most:,} pixels along a side cannot be refined.", most=LARGEST_SIDE)
        self._hint.setText(words)
        return is_possible

    def _has_many_tiles(self, size: Size) -> bool:
        own, of_draft = self._tiles
        tile = own if own and self._settings.currentData() else of_draft
        return bool(tile) and ceil(size.width / tile) * ceil(size.height / tile) >= MANY_TILES

    def _suit_strength(self, size: Size) -> None:
        """Offers what suits the number of tiles, until somebody chooses a strength."""
        suited = STRENGTH_OF_MANY if self._has_many_tiles(size) else DEFAULT_STRENGTH
        if round(self._strength.value(), 2) == self._usual:
            self._strength.setValue(suited)
            self._usual = suited

    @Slot(bool)
    def _on_toggled(self, is_wanted: bool) -> None:
        self._rows.setVisible(is_wanted)
        if is_wanted:
            self._strength.setFocus(Qt.FocusReason.OtherFocusReason)
        self.toggled.emit()
