"""Chooses the sampler."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.session.session import Session
from app.widgets.field import Field, describe
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS

TERM = "Sampler: the method that turns the network's predictions into steps."


class SamplerControl(QWidget):
    """The samplers that fit the model, each with a sentence about it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.combo = QComboBox()
        describe(self.combo, "samplerCombo", "Sampler", TERM)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMaxVisibleItems(len(SAMPLERS))
        self._offered: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Field("Samp&ler", self.combo))
        self.combo.activated.connect(self._on_activated)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._on_models_changed)
        self._show(session.draft)

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        self._session.edit(sampler=self.combo.itemData(index))

    @Slot()
    def _on_models_changed(self) -> None:
        self._show(self._session.draft)

    def _offer(self, samplers: tuple[str, ...]) -> None:
        if samplers == self._offered:
            return
        self._offered = samplers
        self.combo.clear()
        for key in samplers:
            self.combo.addItem(SAMPLERS[key].name, key)
            self.combo.setItemData(self.combo.count() - 1, SAMPLERS[key].about, Qt.ItemDataRole.ToolTipRole)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        self._offer(self._session.limits.samplers)
        self.combo.setCurrentIndex(self.combo.findData(draft.sampler))
        sampler = SAMPLERS.get(draft.sampler)
        self.combo.setToolTip(f"{TERM}\n{sampler.name}: {sampler.about}" if sampler else TERM)
