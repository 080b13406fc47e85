"""The places of the window, one shown at a time, and how one gets from one to the other."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.window.header import Header


class Pages(QStackedWidget):
    """A stack whose pages have a switch in the header and an action for the menus, Alt+1 for the first.

    Attributes:
        switches: one checkable action for each place, in their order.

    Signals:
        page_changed: the widget that is shown now.
    """

    page_changed = Signal(QWidget)

    def __init__(self, header: Header) -> None:
        super().__init__()
        self.setObjectName("places")
        self._header = header
        self.switches = QActionGroup(self)

    def add(self, title: str, page: QWidget) -> None:
        number = self.addWidget(page)
        action = QAction(title, self.switches)
        action.setCheckable(True)
        action.setShortcut(QKeySequence(f"Alt+{number + 1}"))
        action.setChecked(number == 0)
        action.toggled.connect(partial(self._show, page))
        self._header.add_page(action)

    def show_place(self, page: QWidget) -> None:
        """Shows a page that has been added."""
        self.switches.actions()[self.indexOf(page)].setChecked(True)

    def _show(self, page: QWidget, is_shown: bool) -> None:
        if is_shown:
            self.setCurrentWidget(page)
            self.page_changed.emit(page)
