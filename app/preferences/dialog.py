"""The preferences: each change holds at once and is kept; there is nothing to confirm."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QListWidget, QStackedWidget, QWidget

from app.preferences.page import Page
from app.widgets.building import hbox, stretched, vbox
from app.widgets.message_bar import MessageArea
from app.widgets.theme import indent_spin_boxes

SIZE_PX = (840, 620)
LIST_WIDTH_PX = 152


class PreferencesDialog(QDialog):
    """Open it with `open`: it does not block.

    Attributes:
        messages: room for what could not be done.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferencesDialog")
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._list = QListWidget()
        self._list.setObjectName("preferencesList")
        self._list.setAccessibleName("Pages of the preferences")
        self._list.setFixedWidth(LIST_WIDTH_PX)
        self._stack = QStackedWidget()
        self._pages: tuple[Page, ...] = ()
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.messages = MessageArea()
        frame = QFrame()
        frame.setProperty("role", "panel")
        vbox(self.messages, stretched(self._stack), on=frame)
        row = hbox(self._list, stretched(frame), spacing=8)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        vbox(stretched(row), buttons, on=self, margins=16, spacing=16)
        self.resize(*SIZE_PX)

    def set_pages(self, pages: Sequence[Page]) -> None:
        """Puts these pages in the place of those before; the same one stays chosen."""
        chosen = max(self._list.currentRow(), 0)
        self._list.clear()
        for old in self._pages:
            self._stack.removeWidget(old)
            old.deleteLater()
        self._pages = tuple(pages)
        for page in pages:
            self._stack.addWidget(page)
            self._list.addItem(page.title)
        indent_spin_boxes(self)
        self._list.setCurrentRow(min(chosen, len(pages) - 1))

    @Slot(str)
    def show_page(self, object_name: str) -> None:
        """Turns to a page by its object name."""
        for number, page in enumerate(self._pages):
            if page.objectName() == object_name:
                self._list.setCurrentRow(number)
