"""The room of views is given back to the picture when they are closed."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.create.film_splitter import FilmSplitter
from app.widgets.building import vbox


def test_the_film_is_as_low_again_as_before_its_views_were_opened(qtbot: QtBot) -> None:
    panel, strip = QWidget(), QWidget()
    strip.setMinimumHeight(120)
    vbox(strip, on=panel, margins=0)
    splitter = FilmSplitter(QWidget())
    splitter.add(panel)
    qtbot.addWidget(splitter)
    splitter.resize(600, 800)
    splitter.show()
    before = splitter.film.height()
    splitter.follow_views(("noisy",))
    assert splitter.film.height() > 300
    splitter.follow_views(())
    assert splitter.film.height() == before == 120


def test_the_film_follows_the_height_that_its_parts_want(qtbot: QtBot) -> None:
    strip = QWidget()
    strip.setFixedHeight(140)
    splitter = FilmSplitter(QWidget())
    splitter.add(strip)
    qtbot.addWidget(splitter)
    splitter.resize(600, 800)
    splitter.show()
    for height_px in (120, 160):
        strip.setFixedHeight(height_px)
        qtbot.waitUntil(lambda wanted=height_px: splitter.film.height() == wanted)
