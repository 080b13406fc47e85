from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.canvas.view import Canvas, Shown
from app.canvas.zoom_bar import ZoomBar
from app.widgets.pixels import to_image
from app.widgets.theme import LIGHT


def test_the_bar_is_there_with_a_picture_and_the_focus_and_shows_the_zoom(qtbot: QtBot) -> None:
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
    canvas.clearFocus()
    assert bar.isHidden() is not canvas.underMouse()
