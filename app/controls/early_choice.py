"""For several pictures: begin them all, and choose early which of them to finish."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QCheckBox, QSpinBox, QWidget

from app.session.early_choice import FIRST_PART
from app.session.session import Session
from app.widgets.building import hbox, stretched
from app.widgets.field import describe
from core.request.request import GenerationRequest


class EarlyChoiceControl(QWidget):
    """Shown while more than one picture is asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_touched = False
        self.box = QCheckBox("Choose &early, after step")
        describe(
            self.box,
            "earlyChoiceCheck",
            "Choose early",
            "Begin all pictures, look at what they will become, and finish only the good ones.\n"
            "The layout is settled after about a third of the steps; the rest is spent on details.",
        )
        self.spin = QSpinBox()
        describe(
            self.spin, "earlyChoiceSpin", "Choose after step", "After how many steps the pictures wait for you"
        )
        hbox(self.box, stretched(self.spin), on=self)
        self.box.toggled.connect(self._tell)
        self.spin.valueChanged.connect(self._touch)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    @Slot(int)
    def _touch(self) -> None:
        self._is_touched = True
        self._tell()

    @Slot()
    def _tell(self) -> None:
        self.spin.setEnabled(self.box.isChecked())
        self._session.early_choice.choose_early(self.spin.value() if self.box.isChecked() else None)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        """The step follows the number of steps until the user has chosen one."""
        self.setVisible(draft.count > 1)
        with QSignalBlocker(self.spin):
            self.spin.setRange(1, max(draft.steps - 1, 1))
            self.spin.setSuffix(f" of {draft.steps}")
            if not self._is_touched:
                self.spin.setValue(round(draft.steps * FIRST_PART))
        self._tell()
