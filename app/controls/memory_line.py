"""A quiet line under the model, where it cannot be on the device as a whole."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel

from app.session.memory import MemoryService
from app.session.memory_text import planned_text, short_text
from app.widgets.building import set_shown
from app.widgets.field import set_tone
from core.language.words import tr


class MemoryLine(QLabel):
    """Hidden as long as there is nothing to say."""

    def __init__(self, memory: MemoryService) -> None:
        super().__init__()
        self._memory = memory
        self.setObjectName("memoryLine")
        self.setAccessibleName(tr("Memory"))
        self.setProperty("role", "hint")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        memory.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        planned = self._memory.planned
        words = short_text(planned)
        self.setText(words)
        self.setToolTip(planned_text(planned) if words else "")
        set_tone(self, "error" if planned.plan is not None and not planned.plan.fits else "")
        set_shown(self, is_shown=bool(words))
