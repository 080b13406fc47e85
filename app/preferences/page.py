"""The parts of every page of the preferences: rows with a label, sections with a heading, hints."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QScrollArea, QWidget

from app.widgets.building import hbox, text_label, vbox

MARGIN_PX = 24
GAP_PX = 8
SECTION_GAP_PX = 20
LABELS_PX = 128


class Page(QScrollArea):
    """A column that scrolls where the window is low."""

    def __init__(self, title: str, object_name: str) -> None:
        super().__init__()
        self.title = title
        self.setObjectName(object_name)
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
        row = hbox(words)
        if isinstance(field, QWidget):
            words.setBuddy(field)
            row.addWidget(field, 1)
        else:
            row.addLayout(field, 1)
        self.column.addLayout(row)

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
