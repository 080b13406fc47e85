"""The panel follows the run until it is touched, and says what the user wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from app.film.film_panel import REST_MS, FilmPanel
from app.film.film_strip import FilmStrip
from app.film.scrubber import Scrubber
from core.film.film import Film
from tests import synthetic_film
from tests.app.film.conftest import Heard, found

Listen = Callable[[object], Heard]


def scrubber(panel: FilmPanel) -> Scrubber:
    return found(panel, Scrubber, "filmScrubber")


def button(panel: FilmPanel, name: str) -> QToolButton:
    return found(panel, QToolButton, name)


def position(panel: FilmPanel) -> str:
    return found(panel, QLabel, "filmPositionLabel").text()


def up_to(film: Film, call: int) -> Film:
    return replace(film, frames=film.frames[: call + 1])


def begin(panel: FilmPanel, steps: int = 8, calls: int = 4) -> Film:
    """A run of which the first calls are done; returns the film as it will be."""
    film = synthetic_film.film(steps)
    panel.show_film(replace(film, frames=()))
    for call in range(calls):
        panel.grow(up_to(film, call))
    return film


def test_follows_the_run_and_says_so_nowhere(panel: FilmPanel, heard: Listen) -> None:
    selected = heard(panel.frame_selected)
    begin(panel, calls=4)
    assert (panel.call, scrubber(panel).value(), scrubber(panel).maximum()) == (3, 3, 3)
    assert position(panel).startswith("step 4 of 8 · 29 % picture, ")
    assert selected == []


def test_stays_where_it_was_put_while_the_run_goes_on(panel: FilmPanel, heard: Listen) -> None:
    selected, following = heard(panel.frame_selected), heard(panel.following_changed)
    film = begin(panel, calls=4)
    scrubber(panel).setValue(1)
    panel.grow(up_to(film, 4))
    assert (panel.call, scrubber(panel).value(), scrubber(panel).maximum()) == (1, 1, 4)
    assert selected == [(1,)]
    assert following == [(False,)]


def test_live_follows_again(panel: FilmPanel, qtbot: QtBot, heard: Listen) -> None:
    film = begin(panel, calls=4)
    assert button(panel, "filmLiveButton").isHidden()
    panel.select(1)
    assert button(panel, "filmLiveButton").isVisible()
    following = heard(panel.following_changed)
    qtbot.mouseClick(button(panel, "filmLiveButton"), Qt.MouseButton.LeftButton)
    panel.grow(up_to(film, 4))
    assert panel.call == 4
    assert following == [(True,)]
    assert button(panel, "filmLiveButton").isHidden()


def test_a_branch_is_followed_from_the_call_where_it_leaves(panel: FilmPanel) -> None:
    film = synthetic_film.film(8)
    panel.show_film(replace(film, frames=film.frames[:3]))
    panel.grow(up_to(film, 3))
    assert panel.call == 3
    panel.select(0)
    assert button(panel, "filmLiveButton").isVisible()


def test_there_is_nothing_live_in_a_run_that_was_stopped(panel: FilmPanel) -> None:
    begin(panel, calls=4)
    panel.select(1)
    panel.end_run()
    assert button(panel, "filmLiveButton").isHidden()


def test_the_finished_film_keeps_the_place_where_one_was(panel: FilmPanel) -> None:
    film = begin(panel, calls=7)
    panel.select(2)
    panel.show_film(film)
    assert (panel.call, scrubber(panel).maximum()) == (2, 7)


def test_the_next_run_is_followed_again(panel: FilmPanel) -> None:
    begin(panel)
    panel.select(0)
    begin(panel, steps=6, calls=3)
    assert panel.is_following
    assert panel.call == 2


def test_a_film_from_the_gallery_opens_at_its_end(panel: FilmPanel) -> None:
    panel.show_film(synthetic_film.film(5))
    assert panel.call == 4
    assert button(panel, "filmLiveButton").isHidden()


def test_frames_of_another_run_are_not_taken(panel: FilmPanel) -> None:
    begin(panel, calls=3)
    panel.grow(synthetic_film.film(8))
    assert scrubber(panel).maximum() == 2


def test_none_empties_the_panel(panel: FilmPanel) -> None:
    begin(panel)
    panel.show_film(None)
    assert not scrubber(panel).isEnabled()
    assert position(panel) == ""
    assert not button(panel, "filmBranchButton").isEnabled()


def test_a_second_call_of_a_step_is_labelled_apart(panel: FilmPanel) -> None:
    panel.show_film(synthetic_film.film(5, calls_per_step=2))
    panel.select(3)
    assert position(panel).startswith("step 2 of 5, call 2 of 2 · ")


def test_a_rest_on_a_step_asks_once_for_its_true_picture(panel: FilmPanel, qtbot: QtBot, heard: Listen) -> None:
    panel.show_film(synthetic_film.film(6))
    wanted = heard(panel.full_decode_wanted)
    for call in (1, 2, 3):
        panel.select(call)
    qtbot.waitUntil(lambda: len(wanted) > 0)
    assert wanted == [(3,)]
    panel.set_decoded(3, np.zeros((128, 128, 3), np.uint8))
    panel.select(3)
    panel.select(2)
    qtbot.waitUntil(lambda: len(wanted) > 1)
    panel.select(3)
    qtbot.wait(250)
    assert wanted == [(3,), (2,)]


def test_playing_asks_for_no_true_pictures_until_it_ends(panel: FilmPanel, qtbot: QtBot, heard: Listen) -> None:
    panel.show_film(synthetic_film.film(6))
    selected, wanted = heard(panel.frame_selected), heard(panel.full_decode_wanted)
    qtbot.mouseClick(button(panel, "filmPlayButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(wanted) > 0)
    assert selected == [(call,) for call in range(6)]
    assert wanted == [(5,)]


def test_taking_the_scrubber_ends_playing(panel: FilmPanel, qtbot: QtBot) -> None:
    panel.show_film(synthetic_film.film(30))
    scrubber(panel).setFocus()
    qtbot.keyClick(scrubber(panel), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: panel.call >= 3)
    qtbot.keyClick(scrubber(panel), Qt.Key.Key_Home)
    qtbot.wait(250)
    assert panel.call == 0


def test_pictures_in_the_strip_can_be_pressed(panel: FilmPanel) -> None:
    panel.show_film(synthetic_film.film(6))
    found(panel, FilmStrip).call_chosen.emit(2)
    assert (panel.call, scrubber(panel).value()) == (2, 2)


def test_keys_go_on_from_the_picture_that_was_pressed(panel: FilmPanel, qtbot: QtBot) -> None:
    panel.show_film(synthetic_film.film(6))
    panel.activateWindow()
    strip = found(panel, FilmStrip)
    qtbot.mousePress(strip.viewport(), Qt.MouseButton.LeftButton, pos=strip._cells[2].center())  # pyright: ignore[reportPrivateUsage]
    qtbot.waitUntil(scrubber(panel).hasFocus)
    qtbot.keyClick(scrubber(panel), Qt.Key.Key_Right)
    assert panel.call == 3


def test_branch_and_keep_tell_the_call(panel: FilmPanel, qtbot: QtBot, heard: Listen) -> None:
    panel.show_film(synthetic_film.film(6))
    panel.select(2)
    branches, kept = heard(panel.branch_requested), heard(panel.keep_requested)
    qtbot.mouseClick(button(panel, "filmBranchButton"), Qt.MouseButton.LeftButton)
    for action in button(panel, "filmKeepButton").menu().actions():
        action.trigger()
    assert branches == [(2,)]
    assert kept == [(2, "denoised"), (2, "noisy")]


def test_the_menu_of_a_step_goes_there_and_offers_the_same(panel: FilmPanel, heard: Listen, qtlog: Any) -> None:
    panel.show_film(synthetic_film.film(6))
    branches = heard(panel.branch_requested)
    strip = found(panel, FilmStrip)
    with qtlog.disabled():  # the offscreen platform cannot raise a menu, and says so
        strip.menu_wanted.emit(3, strip.mapToGlobal(strip.rect().center()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Keep the denoised picture",
        "Keep the noisy picture",
        "Branch from here…",
    ]
    menu.actions()[-1].trigger()
    menu.close()
    assert panel.call == 3
    assert branches == [(3,)]


@pytest.mark.parametrize("call", [-1, 6])
def test_calls_that_do_not_exist_are_not_selected(panel: FilmPanel, heard: Listen, call: int) -> None:
    panel.show_film(synthetic_film.film(6))
    selected = heard(panel.frame_selected)
    panel.select(call)
    assert selected == []


def test_a_view_gets_the_true_picture_of_the_last_step_once_nothing_runs(
    panel: FilmPanel, qtbot: QtBot, heard: Listen
) -> None:
    wanted = heard(panel.full_decode_wanted)
    panel.show_film(synthetic_film.film(4))
    panel.end_run()
    qtbot.wait(2 * REST_MS)
    assert wanted == []
    panel.open_views(["denoised"])
    qtbot.waitUntil(lambda: wanted == [(3,)])
    assert panel.is_following


def test_the_position_is_whole_however_narrow_the_row_is(panel: FilmPanel) -> None:
    panel.show_film(synthetic_film.film(4))
    panel.select(1)
    label = found(panel, QLabel, "filmPositionLabel")
    over = set[bool]()
    for width_px in range(900, 340, -20):
        panel.resize(width_px, 200)
        QApplication.processEvents()
        assert label.text() == label.accessibleName() == "step 2 of 4 · 20 % picture, 80 % noise"
        play = button(panel, "filmPlayButton")
        over.add(label.mapTo(panel, label.rect().bottomLeft()).y() <= play.mapTo(panel, QPoint()).y() + 1)
    assert over == {False, True}, "between the buttons where there is room, or else over them"
