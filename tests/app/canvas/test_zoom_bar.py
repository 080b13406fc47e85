from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.canvas.view import Canvas, Shown
from app.canvas.zoom_bar import ZoomBar
from app.widgets.pixels import to_image
from app.widgets.theme import LIGHT


def test_the_bar_is_there_with_a_picture_and_the_focus_and_shows_the_zoom(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = Canvas(LIGHT)
    qtbot.addWidget(canvas)
    canvas.resize(400, 400)
    bar = ZoomBar(canvas, canvas)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    assert bar.isHidden()
    canvas.show_picture(Shown(to_image(np.zeros((64, 64, 3), np.uint8)), QSize(64, 64)))
    canvas.zoom_to(2.0)
    assert not bar.isHidden()
    label = bar.findChild(QLabel, "zoomLabel")
    assert isinstance(label, QLabel)
    assert label.text() == "200 %"
    button = bar.findChild(QToolButton, "zoom-actual-size")
    assert isinstance(button, QToolButton)
    button.click()
    assert label.text() == "100 %"
    for widget in (bar, canvas):  # the pointer is where an earlier test has left it
        monkeypatch.setattr(widget, "underMouse", lambda: False)
    canvas.clearFocus()
    assert bar.isHidden()


def test_hides_while_the_pointer_rests(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(LIGHT)
    qtbot.addWidget(canvas)
    canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    bar = ZoomBar(canvas, canvas)
    canvas.show()
    canvas.show_picture(Shown(to_image(np.zeros((64, 64, 3), np.uint8)), QSize(64, 64)))
    monkeypatch.setattr(canvas, "underMouse", lambda: True)
    assert bar.isHidden()
    qtbot.mouseMove(canvas, canvas.rect().center())
    assert not bar.isHidden()
    timer = bar.findChild(QTimer)
    assert isinstance(timer, QTimer)
    timer.setInterval(1)
    timer.start()
    qtbot.waitUntil(bar.isHidden)
