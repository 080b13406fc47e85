"""Chooses the model that makes the picture."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from app.session.session import Session
from app.widgets.field import GAP_PX, Field, describe
from core.request.request import GenerationRequest


class ModelControl(QWidget):
    """The models that were found, with one line about the chosen one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.combo = QComboBox()
        describe(
            self.combo,
            "modelCombo",
            "Model",
            "Model: the network that makes the picture.\n"
            "Another model brings its own size, sampler, steps and guidance.",
        )
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._about = QLabel()
        self._about.setObjectName("modelAbout")
        self._about.setProperty("role", "hint")
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_PX)
        layout.addWidget(Field("&Model", self.combo))
        layout.addWidget(self._about)
        self.combo.activated.connect(self._on_activated)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._fill)
        self._fill()

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        self._session.edit(model=self.combo.itemData(index))

    @Slot()
    def _fill(self) -> None:
        self.combo.clear()
        for model in self._session.models:
            self.combo.addItem(model.name, model.key)
            self.combo.setItemData(self.combo.count() - 1, model.about, Qt.ItemDataRole.ToolTipRole)
        self._show(self._session.draft)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        model = self._session.model_of(draft)
        if model is None and self.combo.findData(draft.model) < 0:
            self.combo.addItem(f"{draft.model} (not found)", draft.model)
        self.combo.setCurrentIndex(self.combo.findData(draft.model))
        about = model.about if model is not None else "This model is not on this computer any more."
        self._about.setText(about)
        self._about.setVisible(bool(about))
