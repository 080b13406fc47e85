"""One axis of a grid that is being planned: the setting that differs, and its values."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from io import StringIO

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.widgets.building import hbox, push_button, stretched
from app.widgets.field import combo_box, describe
from core.grid.axes import AXES
from core.language.words import tr

Choices = Callable[[str], Sequence[str]]
"""Returns the values that a kind of axis can have, none where there is no list of them."""


class AxisRow(QWidget):
    """A list of settings, a field for values, and a button that fills in all there are.

    Signals:
        edited: the setting or the values are others.
    """

    edited = Signal()

    def __init__(self, name: str, choices: Choices) -> None:
        super().__init__()
        self._choices = choices
        kinds = [(tr("Nothing"), ""), *((kind.title, kind.name) for kind in AXES.values())]
        title = tr("{axis} axis", axis=name)
        self.kind = combo_box(
            kinds, f"grid{name}Kind", title, tr("The setting that differs along {axis}", axis=name)
        )
        self.values = QLineEdit(clearButtonEnabled=True)
        for button in self.values.findChildren(QAbstractButton):
            button.setAccessibleName(tr("Clear the values along {axis}", axis=name))
        tip = tr(
            "Values, separated by commas: 1, 2, 5. Ranges: 1-5, 1-9 (+2) in steps of 2, 1-10 [5] for five values. "
            'A value with a comma in it: "red, blue"'
        )
        describe(self.values, f"grid{name}Values", tr("Values along {axis}", axis=name), tip)
        self._fill = push_button(tr("All"), self._fill_in, kind="quiet", name=f"grid{name}Fill")
        self._fill.setAccessibleName(tr("All values along {axis}", axis=name))
        self._fill.setToolTip(tr("Fill in all possible values"))
        label = QLabel(name)
        label.setBuddy(self.kind)
        hbox(label, self.kind, stretched(self.values), self._fill, on=self, spacing=8)
        self.kind.currentIndexChanged.connect(self._on_kind_changed)
        self.values.textEdited.connect(self.edited)
        self.values.textChanged.connect(self._update)
        self._update()

    @property
    def typed(self) -> tuple[str, str]:
        """Returns the name of the kind, "" for none, and the values."""
        return str(self.kind.currentData()), self.values.text()

    def show_axis(self, kind: str, text: str) -> None:
        """Shows an axis of a grid that was planned before."""
        self.kind.setCurrentIndex(max(self.kind.findData(kind), 0))
        self.values.setText(text)

    @Slot()
    def _on_kind_changed(self) -> None:
        self.values.clear()
        self._update()
        self.edited.emit()

    @Slot()
    def _update(self) -> None:
        kind = self.typed[0]
        self.values.setEnabled(bool(kind))
        self.values.setPlaceholderText(AXES[kind].hint if kind else tr("Choose a setting first"))
        self._fill.setEnabled(bool(kind) and bool(self._choices(kind)))

    @Slot()
    def _fill_in(self) -> None:
        line = StringIO()
        csv.writer(line).writerow(self._choices(self.typed[0]))
        self.values.setText(line.getvalue().strip().replace(",", ", "))
        self.edited.emit()
