"""The strength of the prompt in the picture."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QVBoxLayout, QWidget

from app.session.session import Session
from app.widgets.field import Field, describe
from core.request.request import LARGEST_GUIDANCE_SCALE, GenerationRequest


class GuidanceSpin(QDoubleSpinBox):
    """Shows only the decimals that matter."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 4)


class GuidanceControl(QWidget):
    """The guidance scale; at 1 and below it says that guidance is off."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.spin = GuidanceSpin()
        describe(
            self.spin,
            "guidanceSpin",
            "Guidance scale",
            "Guidance scale: how strongly the picture follows the prompt.\n"
            "1 is off: twice as fast, and the negative prompt has no effect.",
        )
        self.spin.setRange(0.0, LARGEST_GUIDANCE_SCALE)
        self.spin.setDecimals(2)
        self.spin.setSingleStep(0.5)
        self._labelled = Field("&Guidance scale", self.spin)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._labelled)
        self.spin.valueChanged.connect(self._on_value_changed)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    @Slot(float)
    def _on_value_changed(self, scale: float) -> None:
        self._session.edit(guidance_scale=scale)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(draft.guidance_scale)
        model = self._session.model_of(draft)
        is_used = model is None or model.capabilities.guidance != "none"
        self.spin.setEnabled(is_used)
        note = "" if draft.has_guidance else "off"
        self._labelled.note.setText(note if is_used else "not used by this model")
