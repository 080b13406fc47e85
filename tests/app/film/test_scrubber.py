"""The scrubber obeys mouse, wheel and keys, and reaches only the calls that are done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.film.scrubber import Scrubber
from app.widgets.pixels import to_pixels
from core.pictures.pixels import Pixels
from tests import synthetic_film


@pytest.fixture
def scrubber(qtbot: QtBot) -> Scrubber:
    widget = Scrubber()
    qtbot.addWidget(widget)
    widget.resize(400, 24)
    widget.show()
    assert not widget.isEnabled()
    film = synthetic_film.film(30)
    widget.set_film(replace(film, frames=film.frames[:20]))
    assert (widget.value(), widget.maximum()) == (0, 19)
    return widget


def test_has_the_name_by_which_it_is_found(scrubber: Scrubber) -> None:
    assert scrubber.objectName() == "filmScrubber"
    assert scrubber.accessibleName()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 6),
        (Qt.Key.Key_Left, 4),
        (Qt.Key.Key_Down, 6),
        (Qt.Key.Key_Up, 4),
        (Qt.Key.Key_PageDown, 15),
        (Qt.Key.Key_PageUp, 0),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, 19),
    ],
)
def test_keys_move_it(scrubber: Scrubber, qtbot: QtBot, key: Qt.Key, value: int) -> None:
    scrubber.setValue(5)
    qtbot.keyClick(scrubber, key)
    assert scrubber.value() == value


def test_a_press_goes_there_and_a_drag_follows(scrubber: Scrubber, qtbot: QtBot) -> None:
    def place(call: int) -> QPoint:
        return QPoint(round(scrubber.scale.place_of(call)), 12)

    qtbot.mousePress(scrubber, Qt.MouseButton.LeftButton, pos=place(7))
    assert scrubber.value() == 7
    qtbot.mouseMove(scrubber, place(11))
    assert scrubber.value() == 11
    qtbot.mouseMove(scrubber, place(29))
    assert scrubber.value() == 19
    qtbot.mouseRelease(scrubber, Qt.MouseButton.LeftButton, pos=place(29))
    assert not scrubber.isSliderDown()


def turn(scrubber: Scrubber, eighths_of_degrees: int) -> None:
    event = QWheelEvent(
        QPointF(10, 10),
        QPointF(10, 10),
        QPoint(),
        QPoint(0, eighths_of_degrees),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003
    )
    QApplication.sendEvent(scrubber, event)


def test_each_notch_of_the_wheel_is_one_call(scrubber: Scrubber) -> None:
    scrubber.setValue(5)
    turn(scrubber, -120)
    assert scrubber.value() == 6
    turn(scrubber, 240)
    assert scrubber.value() == 4


def test_fine_wheels_add_up_to_notches(scrubber: Scrubber) -> None:
    for _ in range(4):
        turn(scrubber, -30)
    assert scrubber.value() == 1


def test_marks_are_those_of_the_film_and_of_the_width(scrubber: Scrubber, qtbot: QtBot) -> None:
    def seen(one: Scrubber) -> Pixels:
        return to_pixels(one.grab().toImage())

    fewer = synthetic_film.film(12)
    for film, width in (
        (synthetic_film.film(30), 300),
        (fewer, 300),
        (fewer, 400),
        (synthetic_film.film(12), 400),
    ):
        scrubber.resize(width, 24)
        scrubber.set_film(film)
        fresh = Scrubber()
        qtbot.addWidget(fresh)
        fresh.resize(width, 24)
        fresh.set_film(film)
        for one in (scrubber, fresh):
            one.setValue(5)
            one.clearFocus()
        assert np.array_equal(seen(scrubber), seen(fresh))
    twice = synthetic_film.film(12, calls_per_step=2)
    before = seen(scrubber)
    scrubber.set_film(twice)
    assert not np.array_equal(before, seen(scrubber))
