"""Edits a setting that is a number."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from app.session.session import Session
from app.widgets.building import vbox
from app.widgets.field import Field, camel_case, describe
from core.language.words import tr
from core.request.request import GenerationRequest
from core.request.setting import Setting

NOT_USED = tr("The chosen model does not have this setting: it would change nothing.")


class ShortNumberSpin(QDoubleSpinBox):
    """Shows only the decimals that matter."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 4)


class NumberControl(QWidget):
    """A spin box below its caption; it rests while the model does not have the setting, and says so."""

    def __init__(
        self,
        session: Session,
        setting: Setting[int] | Setting[float],
        spin: QSpinBox | ShortNumberSpin,
        caption: str,
        tooltip: str,
        note: Callable[[GenerationRequest], str] = lambda _draft: "",
        is_used: Callable[[Session], bool] = lambda _session: True,
    ) -> None:
        """``note`` returns a remark beside the caption, ``is_used`` False if the model ignores the value."""
        super().__init__()
        self._session = session
        self._setting = setting
        self._tooltip = tooltip
        self._note = note
        self._is_used = is_used
        self.spin = spin
        describe(spin, spin.objectName() or f"{camel_case(setting.name)}Spin", setting.title, tooltip)
        self._labelled = Field(caption, spin)
        vbox(self._labelled, on=self)
        spin.valueChanged.connect(lambda: session.edit(**{setting.name: spin.value()}))
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        draft = self._session.draft
        with QSignalBlocker(self.spin):
            self.spin.setValue(self._setting.of(draft))  # pyright: ignore[reportArgumentType]
        is_used = self._setting.is_had_by(self._session.draft_editor.limits) and self._is_used(self._session)
        self.spin.setEnabled(is_used)
        self.spin.setToolTip(self._tooltip if is_used else f"{self._tooltip}\n{NOT_USED}")
        self._labelled.note.setText(self._note(draft) if is_used else "")  # no room; the tooltip tells why


def int_control(
    session: Session, setting: Setting[int], allowed: range, caption: str, tooltip: str
) -> NumberControl:
    """Returns a control for whole numbers."""
    spin = QSpinBox()
    spin.setRange(allowed[0], allowed[-1])
    return NumberControl(session, setting, spin, caption, tooltip)
