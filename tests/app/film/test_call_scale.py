"""Strip and scrubber share one scale: each small picture stands over its place on the slider."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QRect
from pytestqt.qtbot import QtBot

from app.film.call_scale import GAP_PX, HIGHEST_PX, LOWEST_PX, NARROWEST_PX, CallScale
from app.film.film_strip import FilmStrip
from app.film.scrubber import Scrubber
from tests import synthetic_film


@pytest.mark.parametrize("calls", [1, 2, 8, 16, 20, 50, 150])
@pytest.mark.parametrize("width_px", [300, 520, 840, 1400])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_pictures_never_overlap_and_never_leave_the_strip(calls: int, width_px: int, ratio: float) -> None:
    scale = CallScale(width_px, calls, ratio)
    width, height = scale.picture_px
    places = sorted(scale.place_of(call) for call in scale.shown)
    assert all(right - left >= width + GAP_PX - 1 for left, right in itertools.pairwise(places))
    assert places[0] >= width / 2
    assert places[-1] <= width_px - width / 2 or calls == 1
    assert LOWEST_PX <= height <= max(HIGHEST_PX, width / ratio)
    assert calls - 1 in scale.shown


def test_few_steps_have_large_pictures_and_many_only_every_nth() -> None:
    assert CallScale(840, 8).picture_px == (HIGHEST_PX, HIGHEST_PX)
    assert CallScale(840, 16).every == 1
    many = CallScale(840, 50)
    assert many.every > 1
    assert many.picture_px[0] >= NARROWEST_PX


def test_the_smallest_window_shows_every_step_of_the_starter_model() -> None:
    scale = CallScale(460, 16)
    assert (scale.every, scale.picture_px[1]) == (1, LOWEST_PX)


def test_places_lead_back_to_their_calls() -> None:
    scale = CallScale(840, 50)
    assert [scale.call_at(scale.place_of(call)) for call in range(50)] == list(range(50))
    assert (scale.call_at(-20), scale.call_at(2000)) == (0, 49)


@pytest.mark.parametrize("calls", [4, 16, 50])
def test_the_handle_stands_under_the_picture(qtbot: QtBot, calls: int) -> None:
    film = synthetic_film.film(calls)
    strip, scrubber = FilmStrip(), Scrubber()
    for widget in (strip, scrubber):
        qtbot.addWidget(widget)
        widget.resize(700, 100)
        widget.show()
    strip.show_film(film, 0)
    scrubber.set_film(film)
    for call in range(calls):
        cell: QRect = strip._cells[call]  # pyright: ignore[reportPrivateUsage]
        assert cell.center().x() == pytest.approx(scrubber.scale.place_of(call), abs=1.5)
