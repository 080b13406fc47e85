"""The player goes through a film at a steady rate."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from app.film.player import Player


def playing(qtbot: QtBot, calls: int, call: int) -> tuple[Player, list[int]]:
    slider = QSlider()
    slider.setEnabled(calls > 0)
    slider.setRange(0, max(calls - 1, 0))
    slider.setValue(call)
    qtbot.addWidget(slider)
    player = Player(slider)
    shown: list[int] = []
    player.advanced.connect(shown.append)
    player.advanced.connect(slider.setValue)
    player.set_rate(30)
    return player, shown


def test_plays_to_the_end_and_stops(qtbot: QtBot) -> None:
    player, shown = playing(qtbot, calls=4, call=1)
    player.play()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert shown == [2, 3]


def test_begins_again_when_the_last_call_is_shown(qtbot: QtBot) -> None:
    player, shown = playing(qtbot, calls=3, call=2)
    player.play()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert shown == [0, 1, 2]


def test_loops_until_it_is_paused(qtbot: QtBot) -> None:
    player, shown = playing(qtbot, calls=2, call=0)
    player.set_looping(True)
    player.play()
    qtbot.waitUntil(lambda: len(shown) >= 5)
    player.pause()
    assert shown[:5] == [1, 0, 1, 0, 1]


def test_keeps_its_rate(qtbot: QtBot) -> None:
    import time

    player, shown = playing(qtbot, calls=1000, call=0)
    began = time.monotonic()
    player.play()
    qtbot.waitUntil(lambda: len(shown) >= 12)
    player.pause()
    assert time.monotonic() - began > 0.25


def test_without_a_film_there_is_nothing_to_play(qtbot: QtBot) -> None:
    player, _ = playing(qtbot, calls=0, call=0)
    player.toggle()
    assert not player.is_playing


def test_each_call_is_shown_for_its_part_of_the_time(qtbot: QtBot) -> None:
    player, shown = playing(qtbot, calls=4, call=0)
    timer = player.findChild(QTimer)
    assert isinstance(timer, QTimer)
    player.pace = (3.0, 0.5)
    waits: list[int] = []
    player.advanced.connect(lambda: waits.append(timer.interval()))
    player.play()
    qtbot.waitUntil(lambda: not player.is_playing)
    assert shown == [1, 2, 3]
    assert waits == [99, 16, 33]
