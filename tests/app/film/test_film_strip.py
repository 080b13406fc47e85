"""The strip shows every call, and goes to the one that is pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.film.film_strip import FilmStrip
from app.widgets.pixels import to_image, to_pixels
from core.film.film import Film
from tests import synthetic_film
from tests.app.film.conftest import Heard


@pytest.fixture
def strip(qtbot: QtBot) -> FilmStrip:
    widget = FilmStrip()
    qtbot.addWidget(widget)
    widget.resize(600, 90)
    widget.show()
    return widget


def cell(strip: FilmStrip, call: int) -> QRect:
    return strip._cells[call]  # pyright: ignore[reportPrivateUsage]


def seen_colour(strip: FilmStrip, call: int) -> tuple[int, int, int]:
    """The mean colour in the middle of a call's picture."""
    shot = to_pixels(strip.viewport().grab(cell(strip, call).adjusted(4, 4, -4, -4)).toImage())
    red, green, blue = shot.reshape(-1, 3).mean(axis=0)
    return int(red), int(green), int(blue)


def thumbnail_colour(film: Film, call: int) -> tuple[int, int, int]:
    image = to_image(film.latent_rgb.picture(film.frames[call].denoised)).scaled(56, 56)
    red, green, blue = to_pixels(image)[4:-4, 4:-4].reshape(-1, 3).mean(axis=0)
    return int(red), int(green), int(blue)


def test_each_call_is_shown_by_its_own_picture(strip: FilmStrip) -> None:
    film = synthetic_film.film(6)
    strip.show_film(film, 0)
    for call in range(6):
        assert seen_colour(strip, call) == pytest.approx(thumbnail_colour(film, call), abs=6)


def test_grows_while_the_run_goes_on(strip: FilmStrip) -> None:
    film = synthetic_film.film(6)
    strip.show_film(replace(film, frames=film.frames[:2]), 1)
    before = seen_colour(strip, 2)
    strip.show_film(replace(film, frames=film.frames[:3]), 2)
    assert seen_colour(strip, 2) != before
    assert seen_colour(strip, 2) == pytest.approx(thumbnail_colour(film, 2), abs=6)


def test_another_run_is_shown_by_other_pictures(strip: FilmStrip) -> None:
    strip.show_film(synthetic_film.film(6), 0)
    seen_colour(strip, 3)
    other = synthetic_film.film(6, seed=99)
    strip.show_film(other, 0)
    assert seen_colour(strip, 3) == pytest.approx(thumbnail_colour(other, 3), abs=6)


def test_a_press_chooses_and_a_drag_goes_on(
    strip: FilmStrip, qtbot: QtBot, heard: Callable[[object], Heard]
) -> None:
    strip.show_film(synthetic_film.film(6), 0)
    chosen = heard(strip.call_chosen)
    qtbot.mousePress(strip.viewport(), Qt.MouseButton.LeftButton, pos=cell(strip, 2).center())
    qtbot.mouseMove(strip.viewport(), cell(strip, 4).center())
    assert chosen == [(2,), (4,)]


def test_calls_that_are_not_done_cannot_be_chosen(
    strip: FilmStrip, qtbot: QtBot, heard: Callable[[object], Heard]
) -> None:
    film = synthetic_film.film(6)
    strip.show_film(replace(film, frames=film.frames[:3]), 0)
    chosen = heard(strip.call_chosen)
    qtbot.mousePress(strip.viewport(), Qt.MouseButton.LeftButton, pos=cell(strip, 5).center())
    assert chosen == [(2,)]


def test_an_empty_strip_swallows_presses(strip: FilmStrip, qtbot: QtBot, heard: Callable[[object], Heard]) -> None:
    chosen = heard(strip.call_chosen)
    qtbot.mousePress(strip.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert chosen == []


def test_the_chosen_call_is_kept_in_sight(strip: FilmStrip) -> None:
    strip.show_film(synthetic_film.film(50), 0)
    for call in (0, 25, 49, 3):
        strip.choose(call)
        assert strip.viewport().rect().contains(cell(strip, call))


def test_pictures_keep_the_shape_of_the_format(strip: FilmStrip) -> None:
    strip.show_film(synthetic_film.film(3, shape=(4, 16, 24)), 0)
    assert cell(strip, 0).width() == pytest.approx(1.5 * cell(strip, 0).height(), abs=1)


def test_the_context_menu_is_that_of_the_call_below_the_mouse(
    strip: FilmStrip, heard: Callable[[object], Heard]
) -> None:
    strip.show_film(synthetic_film.film(6), 0)
    wanted = heard(strip.menu_wanted)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, cell(strip, 4).center(), QPoint(7, 8))
    QApplication.sendEvent(strip.viewport(), event)
    assert wanted == [(4, QPoint(7, 8))]


def test_a_line_stands_where_another_text_of_the_prompt_begins(strip: FilmStrip) -> None:
    film = synthetic_film.film(6)
    request = replace(film.request, prompt="a [cat:dog:2]", negative_prompt="", steps=6, sampler="euler")
    changing = replace(film, request=request, model=replace(film.model, family="stable_diffusion"), run="other")
    strip.show_film(film, 0)
    plain = strip.viewport().grab().toImage()
    strip.show_film(changing, 0)
    assert [strip.texts.words_at(call) for call in range(6)] == ["a cat"] * 3 + ["a dog"] * 3
    shot = strip.viewport().grab().toImage()
    gaps = [cell(strip, call).left() - 2 for call in range(6)]
    changed = [call for call, x in enumerate(gaps) if shot.pixel(x, 30) != plain.pixel(x, 30)]
    assert changed == [3]


@pytest.mark.parametrize(("steps", "calls_per_step"), [(6, 1), (80, 1), (30, 2)])
def test_what_is_painted_anew_makes_the_same_picture_as_all_of_it(
    strip: FilmStrip, steps: int, calls_per_step: Literal[1, 2]
) -> None:
    def seen() -> Any:
        QApplication.processEvents()
        return to_pixels(strip.screen().grabWindow(strip.winId()).toImage())

    film = synthetic_film.film(steps, calls_per_step=calls_per_step)
    for recorded in range(1, len(film.frames) + 1):
        strip.show_film(replace(film, frames=film.frames[:recorded]), recorded - 1)
        QApplication.processEvents()
    changed = replace(film.frames[2], denoised=film.frames[0].denoised)
    strip.show_film(replace(film, frames=(*film.frames[:2], changed, *film.frames[3:])), len(film.frames) - 1)
    for chosen in (0, 3, len(film.frames) // 2, len(film.frames) // 2 + 1):
        strip.choose(chosen)
        parts = seen()
        strip.viewport().update()
        assert np.array_equal(parts, seen())
