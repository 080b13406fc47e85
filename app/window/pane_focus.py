"""The keyboard's focus among the panes of a page, and after something that had it has gone."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget

from app.widgets.first_focus import focus_first
from app.window.header import Header
from app.window.pages import Pages


class PaneFocus(QObject):
    """Part of the window. A page may tell its ``panes``, a tuple of widgets; otherwise it is one pane.

    Where a widget with the focus is hidden Qt goes on to the next one, often the first button of the header:
    the Space key would then hide the controls. The focus stays near to what has gone instead.
    """

    def __init__(self, header: Header, places: Pages) -> None:
        super().__init__(places)
        self._header = header
        self._places = places
        self._gone: QWidget | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)
        places.page_changed.connect(self._on_page_changed)

    def go(self, way: int) -> None:
        """Goes to the next pane that has something to focus (1), or back (-1), around the ends."""
        panes = self._panes()
        focused = QApplication.focusWidget()
        is_inside = [focused is not None and (pane is focused or pane.isAncestorOf(focused)) for pane in panes]
        place = is_inside.index(True) if True in is_inside else (-1 if way > 0 else 0)
        for distance in range(1, len(panes) + 1):
            if _enter(panes[(place + way * distance) % len(panes)]):
                return

    def _panes(self) -> tuple[QWidget, ...]:
        page = self._places.currentWidget()
        panes: tuple[QWidget | None, ...] = getattr(page, "panes", (page,))
        return tuple(pane for pane in (*panes, self._header) if pane is not None and pane.isVisible())

    @Slot(QWidget)
    def _on_page_changed(self, page: QWidget) -> None:
        _enter(page)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and new is not None and self._header.isAncestorOf(new) and not old.isVisible():
            self._gone = old.parentWidget()
            QTimer.singleShot(0, self, self._return)  # not while Qt is still hiding the other one

    @Slot()
    def _return(self) -> None:
        focused, near = QApplication.focusWidget(), self._gone
        self._gone = None
        if focused is None or not self._header.isAncestorOf(focused):
            return
        while near is not None and not (near.isVisible() and focus_first(near)):
            near = near.parentWidget()


def _enter(pane: QWidget) -> bool:
    """Gives the focus to what had it last in a pane, or to the first that can have it."""
    last = cast("QWidget | None", pane.focusWidget())  # None before anything in it had the focus
    if last is not None and last.isVisible() and last.isEnabled():
        last.setFocus()
        return True
    return focus_first(pane)
