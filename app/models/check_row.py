"""Shows under a model's card how far the check of its files is, and its result."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QProgressBar, QWidget

from app.models.verification import Check
from app.widgets.building import hbox, push_button, stretched, text_label, vbox
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
        self._words = text_label(name="checkWords", is_plain=True, role="hint", wraps=True)
        self._words.setMinimumWidth(1)
        self._mend = push_button(
            "Fetch it again",
            self._ask_mend,
            name="mendModelButton",
            tip="Downloads only what is damaged; all other files stay",
        )
        self._leave = push_button("Cancel", self._ask_leave, name="leaveCheckButton", kind="quiet")
        line = hbox(stretched(self._words), self._mend, self._leave, spacing=8)
        vbox(self._bar, line, on=self, margins=(0, 4, 0, 0), spacing=8)

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
