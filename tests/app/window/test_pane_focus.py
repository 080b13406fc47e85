"""The focus goes to what opened, stays near to what has gone, and F6 leads around the panes."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.app.windows import Opened, Opener, open_window

__all__ = ["open_window"]


@pytest.fixture
def shown(open_window: Opener, qtbot: QtBot) -> Opened:
    opened = open_window()
    opened.window.show()
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow)
    return opened


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def names_above(widget: QWidget | None) -> list[str]:
    names: list[str] = []
    while widget is not None:
        names.append(widget.objectName())
        widget = widget.parentWidget()
    return names


def test_f6_leads_around_the_panes_and_shift_f6_back(shown: Opened, qtbot: QtBot) -> None:
    panes: list[QWidget] = [*shown.window.contents.create_page.panes]

    def pane() -> int:
        return next((place for place, one in enumerate(panes) if one.isAncestorOf(focused())), -1)

    assert pane() == 0
    seen: list[int] = []
    for _ in range(3):
        qtbot.keyClick(focused(), Qt.Key.Key_F6)
        seen.append(pane())
    assert seen == [1, 2, -1]  # no recent picture to focus yet; the header is the last
    for _ in range(3):
        qtbot.keyClick(focused(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert focused().objectName() == "promptEdit"


def test_a_page_gets_the_focus_and_gives_it_back_to_where_it_was(shown: Opened, qtbot: QtBot) -> None:
    places = shown.window.contents.places
    shown.window.contents.create_page.left.findChild(QWidget, "seedEdit").setFocus()  # pyright: ignore[reportOptionalMemberAccess]
    for number in (2, 3, 4):
        places.switches.actions()[number - 1].trigger()
        page = places.currentWidget()
        assert page is not None
        assert page.isAncestorOf(focused())
    places.switches.actions()[0].trigger()
    assert focused().objectName() == "seedEdit"


def test_the_focus_never_falls_on_the_button_that_hides_the_controls(shown: Opened, qtbot: QtBot) -> None:
    shown.window.contents.create_page.left.hide()
    qtbot.waitUntil(lambda: "createPlace" in names_above(QApplication.focusWidget()))
    assert "header" not in names_above(focused())


def test_opened_folds_are_open_again_at_the_next_start(open_window: Opener) -> None:
    first = open_window()
    first.window.contents.create_page.left.folds.open(("loras",))
    first.window.contents.remember()
    assert open_window().window.contents.create_page.left.folds.opened == ("loras",)
