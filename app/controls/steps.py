"""How many steps the sampler takes."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QSpinBox, QVBoxLayout, QWidget

from app.session.session import Studio
from app.widgets.field import Field, describe
from core.request.request import STEPS, GenerationRequest


class StepsControl(QWidget):
    """A number of steps."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.spin = QSpinBox()
        describe(
            self.spin,
            "stepsSpin",
            "Steps",
            "Steps: how often the picture is refined.\nMore take longer, and after a while change little.",
        )
        self.spin.setRange(STEPS[0], STEPS[-1])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Field("&Steps", self.spin))
        self.spin.valueChanged.connect(self._take)
        studio.draft_edited.connect(self._show)
        self._show(studio.draft)

    @Slot(int)
    def _take(self, steps: int) -> None:
        self._studio.edit(steps=steps)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(draft.steps)
