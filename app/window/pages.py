"""The pages of the window, one shown at a time, and how one gets from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.window.header import Header

Widget = TypeVar("Widget", bound=QWidget)


class Page(Generic[Widget]):
    """A page of the window, which is built when it is first shown or asked for; see also `EarlyPage`."""

    def __init__(self, pages: Pages, build: Callable[[], Widget]) -> None:
        self._pages = pages
        self._make = build

    def build(self) -> None:
        """Builds it if it is not yet."""
        _ = self.widget

    @property
    def is_built(self) -> bool:
        return "widget" in vars(self)

    @property
    def is_shown(self) -> bool:
        return self.is_built and self._pages.currentWidget() is self.widget

    @cached_property
    def widget(self) -> Widget:
        """Builds it at the first call."""
        widget = self._make()
        self._pages.addWidget(widget)
        self._pages.page_built.emit(widget)
        return widget


class Pages(QStackedWidget):
    """A stack whose pages have a switch in the header and an action for the menus, Alt+1 for the first.

    Attributes:
        pages, switches: the pages, and one checkable action for each, in their order.

    Signals:
        page_built: the widget of a page. page_changed: the widget that is shown now.
    """

    page_built = Signal(QWidget)
    page_changed = Signal(QWidget)

    def __init__(self, header: Header) -> None:
        super().__init__()
        self.setObjectName("places")
        self._header = header
        self.pages: list[Page[Any]] = []
        self.switches = QActionGroup(self)

    def add(self, title: str, build: Callable[[], Widget]) -> Page[Widget]:
        """Adds a page; the first one is built and shown at once."""
        page = Page(self, build)
        self.pages.append(page)
        number = len(self.pages)
        action = QAction(title, self.switches)
        action.setCheckable(True)
        action.setShortcut(QKeySequence(f"Alt+{number}"))
        action.toggled.connect(partial(self._show, page))
        action.setChecked(number == 1)
        self._header.add_page(action)
        return page

    def show_page(self, page: Page[Any]) -> None:
        self.switches.actions()[self.pages.index(page)].setChecked(True)

    def _show(self, page: Page[Any], is_shown: bool) -> None:
        if is_shown:
            self.setUpdatesEnabled(not self.isVisible())  # before the window is shown, nothing is painted twice
            self.setCurrentWidget(page.widget)
            self.page_changed.emit(page.widget)
            self._paint_soon()

    def _paint_soon(self) -> None:
        """Paints once, when the events of showing are through.

        Among them, `QGraphicsScene` has the whole window painted for each of its charts.
        """
        QTimer.singleShot(1, self, lambda: self.setUpdatesEnabled(True))  # 0 would be one of these events
