"""Fields that are seldom used: folded into a line of chips until they are used or asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QScrollArea, QWidget

from app.session.session import Session
from app.widgets.building import push_button, set_shown
from app.widgets.field import GAP_PX, describe
from app.widgets.first_focus import focus_first
from app.widgets.flow_layout import FlowLayout
from core.language.words import tr
from core.request.hires import FIRST
from core.request.request import Variation
from core.request.setting import DEFAULT

STARTS: Mapping[str, Any] = MappingProxyType(
    {"variation": Variation(0.1), "seamless": "xy", "clip_skip": 2, "skip_layers": 2.8, "hires": FIRST}
)
"""Settings that do nothing at first, and the values that they get when their chip is clicked."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One of them.

    Attributes:
        title: the words of its chip. about: the tooltip.
        is_used: it has a value of its own, and so is shown in any case.
        is_offered: the chosen model has it.
        is_rare: its chip stands in the menu *More* where there is little room.
    """

    title: str
    about: str
    is_used: Callable[[Session], bool]
    is_offered: Callable[[Session], bool] = lambda _session: True
    is_rare: bool = False


class FoldBar(QWidget):
    """A chip for each field that is not used; it shows the field, or hides it again.

    Attributes:
        chips: by the name of the field. more: a menu of rare ones in their place, see `set_low`.
        opened: names of the fields that the user wants to see, used or not.

    Signals:
        opened_changed: another choice of the user.
    """

    opened_changed = Signal()

    def __init__(self, session: Session, folds: Mapping[str, Fold], fields: Mapping[str, QWidget]) -> None:
        """``fields`` are what is shown and hidden, by the names of ``folds``."""
        super().__init__()
        self.setObjectName("foldBar")
        self._session = session
        self._folds = folds
        self._fields = fields
        self.opened: tuple[str, ...] = ()
        layout = FlowLayout(self, GAP_PX)
        self.chips: dict[str, QPushButton] = {}
        for name, fold in folds.items():
            chip = push_button(kind="chip")
            describe(chip, f"{name}Fold", fold.title, fold.about)
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.setCheckable(True)
            chip.clicked.connect(partial(self._on_clicked, name))
            layout.addWidget(chip)
            self.chips[name] = chip
        self.more = push_button(tr("More…"), kind="chip")
        describe(self.more, "moreFolds", tr("More…"), tr("Fields that are seldom used"))
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        self._entries = {name: menu.addAction(fold.title) for name, fold in folds.items() if fold.is_rare}
        for name, entry in self._entries.items():
            entry.setToolTip(folds[name].about)
            entry.triggered.connect(self.chips[name].click)
        self.more.setMenu(menu)
        layout.addWidget(self.more)
        self._is_low = False
        for signal in (session.draft_edited, session.models_changed, session.preview_mode_changed):
            signal.connect(self._show)
        self._show()

    def open(self, names: tuple[str, ...]) -> None:
        """Shows these fields, used or not."""
        self.opened = tuple(name for name in names if name in self._folds)
        self._show()

    def set_low(self, *, is_low: bool) -> None:
        """Puts chips of rare fields into a menu, or back into the line."""
        self._is_low = is_low
        self._show()

    def _on_clicked(self, name: str) -> None:
        is_open = self.chips[name].isChecked()
        others = tuple(other for other in self.opened if other != name)
        self.open((*others, name) if is_open else others)
        self.opened_changed.emit()
        if is_open:
            if name in STARTS and not self._folds[name].is_used(self._session):
                last, draft = self._session.progress.last_seed, self._session.draft
                is_loose = name == "variation" and draft.seed is None and last is not None
                self._edit(
                    **{name: STARTS[name]}, **({"seed": last} if is_loose else {})
                )  # variations of one picture
            focus_first(self._fields[name])
            QTimer.singleShot(
                0, self, partial(self._scroll_to, self._fields[name])
            )  # once the field has its place

    def _scroll_to(self, field: QWidget) -> None:
        area: QWidget | None = field
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(field.focusWidget() or field)

    def fold_away(self, name: str) -> None:
        """Folds a field of `STARTS` away, and takes its value back."""
        self.open(tuple(other for other in self.opened if other != name))
        self.opened_changed.emit()
        self._edit(**{name: getattr(DEFAULT, name)})
        (self.more if self.chips[name].isHidden() else self.chips[name]).setFocus()

    def _edit(self, **changes: object) -> None:
        self._session.draft_editor.end_step()
        self._session.edit(**changes)
        self._session.draft_editor.end_step()

    @Slot()
    def _show(self) -> None:
        for name, fold in self._folds.items():
            is_open, is_used = name in self.opened, fold.is_used(self._session)
            is_offered = fold.is_offered(self._session)
            chip = self.chips[name]
            chip.setChecked(is_open)
            chip.setText(f"{'−' if is_open else '+'} {fold.title}")
            is_there = is_offered and not is_used
            if entry := self._entries.get(name):
                entry.setVisible(is_there and not is_open)
                is_there = is_there and (is_open or not self._is_low)
            chip.setVisible(is_there)
            self._fields[name].setVisible(is_used or (is_open and is_offered))
        self.more.setVisible(self._is_low and any(entry.isVisible() for entry in self._entries.values()))
        set_shown(
            self, is_shown=not self.more.isHidden() or any(chip.isVisibleTo(self) for chip in self.chips.values())
        )
