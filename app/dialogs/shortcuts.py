"""The list of keyboard shortcuts, made from the menus themselves, so that it is never out of date."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

ON_THE_CANVAS = (
    ("Zoom in, zoom out", "Wheel, + and −"),
    ("Fit, 100 %", "0, 1"),
    ("Move the picture", "Drag, arrow keys"),
    ("Switch between fit and 100 %", "Double click"),
)


class ShortcutsDialog(QDialog):
    """Open it with `open`: it does not block."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        grid = QGridLayout()
        grid.setHorizontalSpacing(48)
        grid.setVerticalSpacing(6)
        for action in actions:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            if keys:
                _add_row(grid, action.text().replace("&", "").removesuffix("…"), keys)
        heading = QLabel("On the picture")
        heading.setProperty("role", "title")
        heading.setContentsMargins(0, 12, 0, 0)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
        for text, keys in ON_THE_CANVAS:
            _add_row(grid, text, keys)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addWidget(buttons)


def _add_row(grid: QGridLayout, text: str, keys: str) -> None:
    row = grid.rowCount()
    grid.addWidget(QLabel(text), row, 0)
    label = QLabel(keys)
    label.setProperty("role", "number")
    grid.addWidget(label, row, 1, Qt.AlignmentFlag.AlignRight)
