"""A step of a run paints what has changed, and nothing of what lies below it or around it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QRect, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.canvas.view import Canvas, Shown
from app.create.progress_line import ProgressLine
from app.film.film_panel import FilmPanel
from app.widgets.building import stretched, vbox
from app.widgets.pixels import to_image
from app.widgets.theme import LIGHT
from core.film.film import Film
from tests import synthetic_film
from tests.app.conftest import MakeSession


class Paintings(QObject):
    """Counts those of widgets, and notes the place of the last one of each."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        self.counts: Counter[QObject] = Counter()
        self.places: dict[QObject, QRect] = {}
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(event, QPaintEvent):
            self.counts[watched] += 1
            self.places[watched] = event.rect()
        return False


@pytest.fixture
def film() -> Film:
    return synthetic_film.film(20)


def test_a_step_paints_its_picture_its_place_in_the_film_and_the_progress_only(
    make_session: MakeSession, qtbot: QtBot, film: Film
) -> None:
    page, inner = QWidget(), QWidget()
    canvas, panel, line = Canvas(LIGHT), FilmPanel(), ProgressLine(make_session())
    vbox(stretched(canvas), panel, line, on=inner)
    vbox(inner, on=page)
    page.setStyleSheet("QWidget { color: black; }")
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    qtbot.waitExposed(page)

    words = line.findChild(QLabel, "phaseLabel")
    assert isinstance(words, QLabel)

    def show(recorded: int) -> None:
        grown = replace(film, frames=film.frames[:recorded])
        preview = to_image(grown.picture(grown.frames[-1].denoised))
        canvas.show_picture(Shown(preview, QSize(128, 128), f"Step {recorded} of 20"))
        panel.grow(grown)
        words.setText(f"Step {recorded} of 20")
        QApplication.processEvents()

    panel.show_film(replace(film, frames=()))
    show(1)
    strip = panel.findChild(QWidget, "filmStrip")
    assert isinstance(strip, QWidget)
    paintings = Paintings(page, inner, canvas, strip, line)
    for recorded in range(2, 7):
        show(recorded)
    assert paintings.counts[page] == paintings.counts[inner] == 0
    assert paintings.counts[canvas] == paintings.counts[strip] == paintings.counts[line] == 5
    assert paintings.places[canvas].width() < canvas.width() * 0.6
    assert paintings.places[strip].width() < strip.width() * 0.4
