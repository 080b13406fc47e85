"""A bar moves by itself while nobody knows how far the work is, and no longer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.busy_bar import BusyBar
from app.widgets.style_sheet import style_sheet
from app.widgets.theme import LIGHT


class Counter(QObject):
    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.paintings = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.paintings += event.type() is QEvent.Type.Paint
        return False


def test_the_animation_ends_when_it_is_known_how_far_the_work_is_also_at_its_beginning(qtbot: QtBot) -> None:
    bar = BusyBar("Progress")
    qtbot.addWidget(bar)
    bar.setStyleSheet(style_sheet(LIGHT, 10))
    bar.resize(400, 4)
    bar.show()
    qtbot.waitExposed(bar)
    counter = Counter(bar)
    bar.setRange(0, 0)
    qtbot.waitUntil(lambda: counter.paintings >= 4)
    bar.setRange(0, 1000)
    bar.setValue(0)
    QApplication.processEvents()
    qtbot.wait(200)  # the last update of the animation, which ends it
    before = counter.paintings
    qtbot.wait(300)
    assert counter.paintings == before
    bar.setRange(0, 0)
    qtbot.waitUntil(lambda: counter.paintings >= before + 4)
