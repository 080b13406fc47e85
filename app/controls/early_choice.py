"""For several pictures: begin them all, and choose early which of them to finish."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QSpinBox, QWidget

from app.session.early_choice import LAYOUT_PERCENT
from app.session.session import Session
from app.widgets.building import hbox, set_shown, stretched
from app.widgets.field import describe
from core.language.words import tr
from core.request.request import GenerationRequest


class EarlyChoiceControl(QWidget):
    """Shown while more than one picture is asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.box = QCheckBox(tr("Choose &early, at"))
        describe(
            self.box,
            "earlyChoiceCheck",
            tr("Choose early"),
            tr(
                "Begin all pictures, look at what they will become, and finish only the good ones.\nThe "
                "layout is mostly settled when about 15 % is picture and 85 % still noise, whichever step "
                "that\nis; the rest is spent on details. At much less, the pictures hardly differ yet."
            ),
        )
        self.spin = QSpinBox(minimum=1, maximum=60, value=LAYOUT_PERCENT, suffix=tr(" % picture"))
        describe(
            self.spin,
            "earlyChoiceSpin",
            tr("Percent of picture to choose at"),
            tr("How much of the noise has become picture when the pictures pause for you"),
        )
        hbox(self.box, stretched(self.spin), on=self)
        self.box.toggled.connect(self._tell)
        self.spin.valueChanged.connect(self._tell)
        session.draft_edited.connect(self._show)
        self._show(session.draft)

    @Slot()
    def _tell(self) -> None:
        self.spin.setEnabled(self.box.isChecked())
        self._session.early_choice.choose_early(self.spin.value() if self.box.isChecked() else None)

    @Slot(object)
    def _show(self, draft: GenerationRequest) -> None:
        set_shown(self, is_shown=draft.count > 1)
        self._tell()
