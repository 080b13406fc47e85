"""A row whose texts change all the time: all of them are there, and nothing around it is laid out anew."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.still_line import GAP_PX, StillLine


class LayoutRequests(QObject):
    def __init__(self, watched: QObject) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() is QEvent.Type.LayoutRequest
        return False


def row_of(label: QLabel) -> StillLine:
    row = label.parentWidget()
    assert isinstance(row, StillLine)
    return row


@pytest.fixture
def labels(qtbot: QtBot) -> tuple[QWidget, QLabel, QLabel]:
    around, words, figures = QWidget(), QLabel("words"), QLabel("1.0 s")
    QVBoxLayout(around).addWidget(StillLine(words, figures))
    qtbot.addWidget(around)
    around.resize(300, 60)
    around.show()
    qtbot.waitExposed(around)
    QApplication.processEvents()
    return around, words, figures


def test_a_new_text_gets_its_room_and_the_window_is_not_laid_out(labels: tuple[QWidget, QLabel, QLabel]) -> None:
    around, words, figures = labels
    requests, before = LayoutRequests(around), figures.width()
    figures.setText("123.0 s, many figures")
    QApplication.processEvents()
    assert figures.width() == figures.sizeHint().width() > before
    assert figures.geometry().right() == row_of(figures).width() - 1
    assert words.geometry().right() == figures.x() - GAP_PX - 1
    assert requests.count == 0
    plain = QLabel("beside")
    layout = around.layout()
    assert layout is not None
    layout.addWidget(plain)
    plain.setText("a label in a layout")
    QApplication.processEvents()
    assert requests.count > 0  # the counter counts


def test_the_row_is_mirrored_with_the_language_and_never_wider_than_it_is(
    labels: tuple[QWidget, QLabel, QLabel],
) -> None:
    around, words, figures = labels
    around.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QApplication.processEvents()
    assert figures.x() == 0
    assert words.x() == figures.width() + GAP_PX
    figures.setText("wide " * 100)
    QApplication.processEvents()
    assert (figures.width(), words.width()) == (row_of(figures).width(), 0)
    assert around.minimumSizeHint().width() < 100
