"""Chooses the way that steps are shown while a picture is made."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from app.session.autoencoder_selection import AutoencoderSelection
from app.session.session import Session
from app.widgets.building import vbox
from app.widgets.field import ComboBox, Field, describe
from core.language.words import tr
from core.runs.events import PreviewMode

WORDS = {
    PreviewMode.automatic: (tr("Automatic"), tr("Sharp now and then (up to 5 % extra time), rough in between.")),
    PreviewMode.sharp: (
        tr("Sharp (tiny autoencoder)"),
        tr("Almost the true picture at every step, in a hundredth of the time."),
    ),
    PreviewMode.linear: (tr("Rough"), tr("A quick estimate of the colours; costs no time.")),
    PreviewMode.every_step: (tr("Every step decoded"), tr("The true picture at every step; slower.")),
}

NOT_THERE = tr(
    "Needs a tiny autoencoder for this kind of model, such as taesd (Stable Diffusion 1.x and 2.x) or taesdxl,\n"
    "in the folder of models. Until then these are automatic previews."
)


class PreviewControl(QWidget):
    """The preview modes."""

    def __init__(self, session: Session, selection: AutoencoderSelection) -> None:
        """Sharp previews are offered where there is a tiny autoencoder for the draft's model."""
        super().__init__()
        self._session = session
        self._selection = selection
        self.combo = ComboBox()
        describe(
            self.combo,
            "previewCombo",
            tr("Previews"),
            tr(
                "Previews: how the picture in progress is shown.\n"
                "Takes effect with the next run; never changes the result."
            ),
        )
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for mode, (words, about) in WORDS.items():
            self.combo.addItem(words, mode)
            self.combo.setItemData(self.combo.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        self._field = Field(tr("Previe&ws"), self.combo)
        vbox(self._field, on=self)
        self.combo.activated.connect(lambda: session.set_preview_mode(self.combo.currentData()))
        selection.changed.connect(self._offer_sharp)
        self._offer_sharp()
        session.preview_mode_changed.connect(self._show)
        self._show(session.preview_mode)

    @Slot(object)
    def _show(self, mode: PreviewMode) -> None:
        self.combo.setCurrentIndex(list(WORDS).index(mode))
        self._tell()

    @Slot()
    def _offer_sharp(self) -> None:
        is_there = self._selection.has_tiny
        index = list(WORDS).index(PreviewMode.sharp)
        model = self.combo.model()
        if isinstance(model, QStandardItemModel):
            model.item(index).setEnabled(is_there)
        self.combo.setItemData(
            index, WORDS[PreviewMode.sharp][1] if is_there else NOT_THERE, Qt.ItemDataRole.ToolTipRole
        )
        self._tell()

    @Slot()
    def _tell(self) -> None:
        """That the chosen mode is not to be had with this model."""
        is_missing = self._session.preview_mode is PreviewMode.sharp and not self._selection.has_tiny
        self._field.note.setText(tr("not for this model") if is_missing else "")
