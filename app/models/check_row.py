"""Shows under a model's card how far the check of its files is, and its result."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.models.verification import Check
from app.widgets.field import set_tone


class CheckRow(QWidget):
    """Signals:
    asked: ``"mend"`` or ``"leave"``.
    """

    asked = Signal(str)

    def __init__(self, name: str, *, can_mend: bool) -> None:
        super().__init__()
        self._can_mend = can_mend
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(f"Check of {name}")
        self._words = QLabel()
        self._words.setObjectName("checkWords")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "hint")
        self._words.setWordWrap(True)
        self._words.setMinimumWidth(1)
        self._mend = QPushButton("Fetch it again")
        self._mend.setObjectName("mendModelButton")
        self._mend.setToolTip("Downloads only what is damaged; all other files stay")
        self._mend.clicked.connect(self._ask_mend)
        self._leave = QPushButton("Cancel")
        self._leave.setObjectName("leaveCheckButton")
        self._leave.setProperty("kind", "quiet")
        self._leave.clicked.connect(self._ask_leave)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._words, 1)
        line.addWidget(self._mend)
        line.addWidget(self._leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._bar)
        column.addLayout(line)

    def show_check(self, check: Check) -> None:
        self._bar.setVisible(not check.is_over)
        self._bar.setValue(check.percent)
        self._words.setText(check.words())
        set_tone(self._words, "error" if check.damaged else "")
        self._mend.setVisible(check.is_over and bool(check.damaged) and self._can_mend)
        self._mend.setText("Fetch it again" if len(check.damaged) == 1 else "Fetch them again")
        self._leave.setText("Close" if check.is_over else "Cancel")

    @Slot()
    def _ask_mend(self) -> None:
        self.asked.emit("mend")

    @Slot()
    def _ask_leave(self) -> None:
        self.asked.emit("leave")
