"""The number of steps of the sampler."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QSpinBox, QVBoxLayout, QWidget

from app.session.session import Session
from app.widgets.field import Field, describe
from core.request.request import STEPS, GenerationRequest


class StepsControl(QWidget):
    """A number of steps."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
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
        self.spin.valueChanged.connect(self._on_value_changed)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    @Slot(int)
    def _on_value_changed(self, steps: int) -> None:
        self._session.edit(steps=steps)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(draft.steps)
