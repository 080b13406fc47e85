from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.window.header import Header
from app.window.pages import Pages


def places_in_a_window(qtbot: QtBot) -> tuple[QMainWindow, Header, Pages, list[QLabel]]:
    window = QMainWindow()
    qtbot.addWidget(window)
    header = Header(QAction("left", window), QAction("right", window), QLabel())
    places = Pages(header)
    pages = [QLabel("create"), QLabel("gallery")]
    for title, page in zip(("Create", "Gallery"), pages, strict=True):
        places.add(title, lambda page=page: page)
    centre = QWidget()
    layout = QVBoxLayout(centre)
    layout.addWidget(header)
    layout.addWidget(places)
    window.setCentralWidget(centre)
    window.addActions(places.switches.actions())
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window, header, places, pages


def checked_titles(header: Header) -> list[str]:
    return [button.text() for button in header.findChildren(QPushButton) if button.isChecked()]


def test_the_switch_in_the_header_shows_another_place(qtbot: QtBot) -> None:
    _window, header, places, pages = places_in_a_window(qtbot)
    assert places.currentWidget() is pages[0]
    button = next(button for button in header.findChildren(QPushButton) if button.text() == "Gallery")
    with qtbot.waitSignal(places.page_changed) as changed:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert changed.args == [pages[1]]
    assert places.currentWidget() is pages[1]


def test_switch_action_and_page_agree_however_one_gets_there(qtbot: QtBot) -> None:
    window, header, places, pages = places_in_a_window(qtbot)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert places.currentWidget() is pages[1]
    assert checked_titles(header) == ["Gallery"]
    places.show_page(places.pages[0])
    assert checked_titles(header) == ["Create"]
    assert [action.text() for action in places.switches.actions() if action.isChecked()] == ["Create"]


def test_a_page_is_built_once_when_it_is_first_shown(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    places = Pages(header := Header(QAction("left", window), QAction("right", window), QLabel()))
    header.setParent(window)
    window.setCentralWidget(places)
    built: list[str] = []

    def build(title: str) -> QLabel:
        built.append(title)
        return QLabel(title)

    for title in ("Create", "Gallery", "Models"):
        places.add(title, lambda title=title: build(title))
    assert built == ["Create"]
    with qtbot.waitSignal(places.page_built) as told:
        places.show_page(places.pages[1])
    assert told.args == [places.currentWidget()]
    places.show_page(places.pages[0])
    places.show_page(places.pages[1])
    assert built == ["Create", "Gallery"]
    assert [page.is_shown for page in places.pages] == [False, True, False]


class Painted(QWidget):
    """A page which, while it is shown, has the window painted, as `QGraphicsScene` does, and changes after it."""

    paints = 0

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        for _ in range(3):
            QTimer.singleShot(0, self, self._change)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        self.paints += 1

    def _change(self) -> None:
        self.update()
        QCoreApplication.sendPostedEvents(self.window(), QEvent.Type.UpdateRequest)


def test_a_page_that_is_opened_is_painted_once(qtbot: QtBot) -> None:
    _window, _header, places, _pages = places_in_a_window(qtbot)
    page = places.add("Painted", Painted)
    for one in places.pages:
        one.build()
    places.show_page(page)
    qtbot.waitUntil(lambda: page.widget.paints > 0)
    qtbot.wait(50)
    assert page.widget.paints == 1
    page.widget.update()
    qtbot.waitUntil(lambda: page.widget.paints == 2)
