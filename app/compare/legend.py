"""The legend of a comparison: names of the pictures, and their differences."""

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.compare.compared_picture import LETTERS, ComparedPicture
from app.widgets.building import text_label
from app.widgets.elided_label import ElidedLabel


class Legend(QWidget):
    """A line for each picture, and one for their differences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareLegend")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._names: list[ElidedLabel] = []
        self._states: list[QLabel] = []
        self._differences = ElidedLabel("", self)
        self._differences.setObjectName("compareDifferences")
        self._note = text_label(parent=self, name="compareNote", role="hint")
        self._grid.addWidget(self._differences, len(LETTERS), 0, 1, 2)
        self._grid.addWidget(self._note, len(LETTERS), 2)

    def show_pictures(self, pictures: Sequence[ComparedPicture]) -> None:
        while len(self._names) < len(pictures):
            self._add_line()
        for picture, name, state in zip(pictures, self._names, self._states, strict=False):
            name.show_text(picture.name)
            state.setText(picture.state)

    def describe(self, differences: str, note: str) -> None:
        """Shows differences of the recipes, as plain text, and a note on how the pictures belong together."""
        self._differences.show_text(differences)
        self._note.setText(note)

    def _add_line(self) -> None:
        row = len(self._names)
        letter = text_label(LETTERS[row], parent=self, role="title")
        name = ElidedLabel("", self)
        name.setObjectName(f"compareName{LETTERS[row]}")
        state = text_label(parent=self, name=f"compareState{LETTERS[row]}", role="number")
        for column, widget in enumerate((letter, name, state)):
            self._grid.addWidget(widget, row, column)
        self._names.append(name)
        self._states.append(state)
