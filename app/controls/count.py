"""The number of pictures that one click makes."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QSpinBox, QVBoxLayout, QWidget

from app.session.session import Session
from app.widgets.field import Field, describe
from core.request.request import COUNT, GenerationRequest


class CountControl(QWidget):
    """A number of pictures."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.spin = QSpinBox()
        describe(
            self.spin,
            "countSpin",
            "Number of pictures",
            "Pictures: how many are made, one after the other.\nThe seed counts up by one for each.",
        )
        self.spin.setRange(COUNT[0], COUNT[-1])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Field("Pi&ctures", self.spin))
        self.spin.valueChanged.connect(self._on_value_changed)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    @Slot(int)
    def _on_value_changed(self, count: int) -> None:
        self._session.edit(count=count)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(draft.count)
