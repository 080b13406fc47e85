"""The parts of every page of the preferences: rows with a label, sections with a heading, hints."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QComboBox, QFrame, QLabel, QLayout, QRadioButton, QScrollArea, QWidget

from app.widgets.building import hbox, named, text_label, vbox
from app.widgets.field import ComboBox

MARGIN_PX = 24
GAP_PX = 8
SECTION_GAP_PX = 20
LABELS_PX = 128
INDENT_PX = 24


class Page(QScrollArea):
    """A column that scrolls where the window is low."""

    def __init__(self, title: str, object_name: str) -> None:
        super().__init__()
        self.title = title
        self.setObjectName(object_name)
        self.setAccessibleName(title)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        content.setProperty("role", "panel")
        heading = text_label(title, role="heading")
        self.column = vbox(heading, on=content, margins=(MARGIN_PX, 20, MARGIN_PX, 20), spacing=GAP_PX)
        self.column.addSpacing(GAP_PX)
        self.setWidget(content)

    def add_section(self, title: str) -> None:
        self.column.addSpacing(SECTION_GAP_PX - GAP_PX)
        label = text_label(title, role="title")
        self.column.addWidget(label)

    def add_row(self, label: str, field: QWidget | QLayout) -> None:
        """``label`` may have a letter for the keyboard, as in ``&Theme``."""
        words = QLabel(label)
        words.setFixedWidth(LABELS_PX)
        words.setWordWrap(True)
        row = hbox(words)
        if isinstance(field, QWidget):
            words.setBuddy(field)
            row.addWidget(field, 1)
        else:
            row.addLayout(field, 1)
        self.column.addLayout(row)

    def add_combo(
        self, label: str, object_name: str, choices: Mapping[Any, str | tuple[str, str]], chosen: object
    ) -> QComboBox:
        """Adds a row with a list of choices: each has a text, and may have a tooltip."""
        combo = named(ComboBox(), object_name)
        combo.setMinimumContentsLength(16)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for choice, words in choices.items():
            text, about = (words, "") if isinstance(words, str) else words
            combo.addItem(text, choice)
            combo.setItemData(combo.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        if chosen not in choices:  # such as cuda:1, from the settings file
            combo.addItem(str(chosen), chosen)
        combo.setCurrentIndex(combo.findData(chosen))
        self.add_row(label, combo)
        return combo

    def add_radio_buttons(
        self, prefix: str, choices: Mapping[Any, tuple[str, str]], chosen: object
    ) -> QButtonGroup:
        """Adds a button and a hint for each choice; its id is the place of the choice."""
        group = QButtonGroup(self)
        for number, (choice, (text, about)) in enumerate(choices.items()):
            button = named(QRadioButton(text), f"{prefix}-{choice.name if choice is not None else 'automatic'}")
            button.setAccessibleDescription(about)
            button.setChecked(choice is chosen)
            group.addButton(button, number)
            self.column.addWidget(button)
            self.add_hint(about, INDENT_PX)
        return group

    def add_hint(self, text: str, indent_px: int = 0) -> QLabel:
        label = hint(text)
        label.setContentsMargins(indent_px, 0, 0, 0)
        self.column.addWidget(label)
        return label

    def end(self) -> None:
        """After the last row."""
        self.column.addStretch(1)


def hint(text: str) -> QLabel:
    """Returns a label with a short explanation."""
    label = text_label(text, role="hint", is_plain=True, wraps=True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    return label
