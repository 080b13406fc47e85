"""Which sampler walks from noise to picture."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.controls.field import Field, describe
from app.studio import Studio
from core.request import GenerationRequest
from core.samplers import SAMPLERS

TERM = "Sampler: the method that turns the network's predictions into steps."


class SamplerControl(QWidget):
    """All samplers of the table, each with a sentence about it."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.combo = QComboBox()
        describe(self.combo, "samplerCombo", "Sampler", TERM)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMaxVisibleItems(len(SAMPLERS))
        for key, sampler in SAMPLERS.items():
            self.combo.addItem(sampler.name, key)
            self.combo.setItemData(self.combo.count() - 1, sampler.about, Qt.ItemDataRole.ToolTipRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Field("Samp&ler", self.combo))
        self.combo.activated.connect(self._take)
        studio.draft_edited.connect(self._show)
        self._show(studio.draft)

    @Slot(int)
    def _take(self, index: int) -> None:
        self._studio.edit(sampler=self.combo.itemData(index))

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        self.combo.setCurrentIndex(self.combo.findData(draft.sampler))
        sampler = SAMPLERS.get(draft.sampler)
        self.combo.setToolTip(f"{TERM}\n{sampler.name}: {sampler.about}" if sampler else TERM)
