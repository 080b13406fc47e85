"""Whoever hears the window instead of seeing it is told the name of each thing that takes the focus."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QMenu, QWidget

from app.create.page import CreatePage
from app.dialogs.about import AboutDialog
from app.dialogs.branch import BranchDialog
from app.dialogs.machine import MachineDialog
from core.request.request import GenerationRequest
from tests import fakes
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]

INNER = ("qt_", "ScrollLeftButton", "ScrollRightButton")
"""Object names of parts that Qt makes, and names through their owners."""


def nameless(root: QWidget) -> set[str]:
    """Returns what takes the focus by the Tab key or a click and has no name for screen readers."""
    found: set[str] = set()
    for widget in root.findChildren(QWidget):
        if widget.focusPolicy() is Qt.FocusPolicy.NoFocus or widget.objectName().startswith(INNER):
            continue
        parent = widget.parentWidget()
        is_viewport = isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget
        is_empty = isinstance(widget, QLabel) and not widget.text()
        if is_viewport or is_empty or widget.window() is not root.window():  # the lists of combo boxes are windows
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if not interface.text(QAccessible.Text.Name).strip():
            found.add(f"{type(widget).__name__} {widget.objectName()} in {type(parent).__name__}")
    return found


@pytest.mark.parametrize("page", ["create", "gallery", "noise", "models"])
def test_each_thing_of_a_page_has_a_name(opened: Opened, page: str) -> None:
    widget = getattr(opened.window.contents, page).widget
    assert isinstance(widget, QWidget)
    if isinstance(widget, CreatePage):
        widget.left.folds.open(tuple(widget.left.folds.chips))
    assert not nameless(widget)


def preferences(opened: Opened) -> QWidget:
    opened.window.contents.preferences.open()
    return next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "preferencesDialog")


def branch(opened: Opened) -> QWidget:
    return BranchDialog(fakes.film(GenerationRequest("a red house")), 0, None, opened.window)


def about(opened: Opened) -> QWidget:
    return AboutDialog(opened.window)


def machine(opened: Opened) -> QWidget:
    services = opened.window.services
    return MachineDialog(opened.window.session.device, services.memory, opened.window)


@pytest.mark.parametrize("make", [preferences, branch, about, machine])
def test_each_thing_of_a_dialog_has_a_name(opened: Opened, make: Callable[[Opened], QWidget]) -> None:
    assert not nameless(make(opened))


def test_every_command_is_in_a_menu_and_has_words(opened: Opened) -> None:
    bar = opened.window.menuBar()
    in_menus = {action for menu in bar.findChildren(QMenu) for action in menu.actions()}
    commands = [action for action in opened.window.actions() if action.text()]
    assert commands
    assert not {action.text() for action in commands} - {action.text() for action in in_menus}
    assert all(isinstance(action, QAction) for action in commands)
