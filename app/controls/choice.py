"""Edits a setting that is one of some values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from app.session.session import Session
from app.widgets.building import set_shown, vbox
from app.widgets.elided_label import ElidedLabel
from app.widgets.field import GAP_PX, Field, camel_case, combo_box
from core.language.words import tr
from core.request.setting import Setting

MOST_VISIBLE = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """A value with its name and a sentence about it."""

    value: str
    name: str
    about: str


class ChoiceControl(QWidget):
    """A list below its caption; the sentence about the value stands in the tooltip, or below with ``gone``."""

    def __init__(
        self,
        session: Session,
        setting: Setting[str],
        choices: Callable[[Session], Sequence[Choice]],
        caption: str,
        tooltip: str,
        gone: str = "",
        is_used: Callable[[Session], bool] = lambda _: True,
    ) -> None:
        """``choices`` returns what fits the model; ``gone`` is the sentence about a value that is no choice.

        An optional setting is hidden where the model does not have it, or while it is not ``is_used``.
        """
        super().__init__()
        self._session = session
        self._setting = setting
        self._choices = choices
        self._tooltip = tooltip
        self._gone = gone
        self._is_used = is_used
        self._offered: Sequence[Choice] = ()
        self.combo = combo_box((), f"{camel_case(setting.name)}Combo", setting.title, tooltip)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMaxVisibleItems(MOST_VISIBLE)
        self._about = ElidedLabel(name=f"{camel_case(setting.name)}About", role="hint")
        self.field = Field(caption, self.combo)
        vbox(self.field, self._about, on=self, spacing=GAP_PX)
        self.combo.activated.connect(self._on_activated)
        session.draft_edited.connect(self._show)
        session.models_changed.connect(self._show)
        self._show()

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        self._session.edit(**{self._setting.name: self.combo.itemData(index)})

    @Slot()
    def _show(self) -> None:
        if self._setting.is_optional:
            is_had = self._setting.is_had_by(self._session.draft_editor.limits)
            set_shown(self, is_shown=is_had and self._is_used(self._session))
        value = self._setting.of(self._session.draft)
        self._offer(tuple(self._choices(self._session)))
        chosen = next((choice for choice in self._offered if choice.value == value), None)
        if chosen is None and self.combo.findData(value) < 0:
            self.combo.addItem(tr("{value} (not found)", value=value), value)
        self.combo.setCurrentIndex(self.combo.findData(value))
        about = chosen.about if chosen is not None else self._gone
        self._about.show_text(about)
        self._about.setVisible(bool(about) and bool(self._gone))
        told = f"\n{chosen.name}: {about}" if chosen is not None and not self._gone else ""
        self.combo.setToolTip(self._tooltip + told)

    def _offer(self, choices: Sequence[Choice]) -> None:
        if choices == self._offered:
            return
        self._offered = choices
        self.combo.clear()
        for choice in choices:
            self.combo.addItem(choice.name, choice.value)
            self.combo.setItemData(self.combo.count() - 1, choice.about, Qt.ItemDataRole.ToolTipRole)
