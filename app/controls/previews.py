"""How the steps are shown while a picture is made."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.controls.field import Field, describe
from app.studio import Studio
from core.events import PreviewMode

WORDS = {
    PreviewMode.automatic: ("Automatic", "Decoded as often as 5 % of the time allows, rough between."),
    PreviewMode.linear: ("Rough", "A quick estimate of the colours; costs no time."),
    PreviewMode.every_step: ("Every step decoded", "The true picture at every step; slower."),
}


class PreviewControl(QWidget):
    """The preview modes."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.combo = QComboBox()
        describe(
            self.combo,
            "previewCombo",
            "Previews",
            "Previews: how the picture in progress is shown.\n"
            "Takes effect with the next run; never changes the result.",
        )
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for mode, (words, about) in WORDS.items():
            self.combo.addItem(words, mode)
            self.combo.setItemData(self.combo.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Field("Previe&ws", self.combo))
        self.combo.activated.connect(self._take)
        studio.preview_mode_changed.connect(self._show)
        self._show(studio.preview_mode)

    @Slot(int)
    def _take(self, index: int) -> None:
        self._studio.set_preview_mode(list(WORDS)[index])

    @Slot(object)
    def _show(self, mode: PreviewMode) -> None:
        self.combo.setCurrentIndex(list(WORDS).index(mode))
