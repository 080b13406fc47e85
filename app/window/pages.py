"""The places of the window, one shown at a time, and how one gets from one to the other."""

from PySide6.QtCore import Signal, Slot
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
        header.page_chosen.connect(self._show_number)
        self.switches.triggered.connect(self._follow_action)

    def add(self, title: str, page: QWidget) -> None:
        number = self.addWidget(page)
        self._header.add_page(title)
        action = QAction(title, self.switches)
        action.setCheckable(True)
        action.setShortcut(QKeySequence(f"Alt+{number + 1}"))
        action.setData(number)
        action.setChecked(number == 0)

    def show_place(self, page: QWidget) -> None:
        """Shows a page that has been added."""
        self._show_number(self.indexOf(page))

    @Slot(int)
    def _show_number(self, number: int) -> None:
        if number != self.currentIndex():
            self.setCurrentIndex(number)
            self._header.check_place(number)
            self.switches.actions()[number].setChecked(True)
            self.page_changed.emit(self.currentWidget())

    @Slot(QAction)
    def _follow_action(self, action: QAction) -> None:
        self._show_number(action.data())
