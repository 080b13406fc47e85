"""The Words view shows the chosen word's share, at this step and over all, or says why it has nothing to show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.film.frame_context import FrameContext
from app.film.views.words import GROWING, NO_WORDS, NOT_RECORDED, WordsView
from app.widgets.pixels import to_pixels
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.film.film import Film
from core.prompt.word import Word
from tests import synthetic_film

PROMPT = "a <b> red house"
WORDS = (Word("a", 0, 1, 1, 2), Word("red", 6, 9, 5, 6), Word("house", 10, 15, 6, 7))


@pytest.fixture
def film() -> Film:
    return synthetic_film.film(4, prompt=PROMPT)


def record(calls: range) -> AttentionRecord:
    """``house`` is looked at in one corner, more at each call; the others everywhere alike."""
    maps: list[AttentionMaps] = []
    for call in calls:
        shares = np.full((3, 16, 16), 0.1, np.float16)
        shares[2, :4, :4] = 0.2 * (call + 1)
        maps.append(AttentionMaps(call, WORDS, shares))
    found = AttentionRecord.begin(maps[0])
    for later in maps[1:]:
        found = found.with_maps(later)
    return found


@pytest.fixture
def view(qtbot: QtBot) -> WordsView:
    view = WordsView()
    qtbot.addWidget(view)
    view.resize(500, 320)
    view.show()
    assert not view.prompt.text()
    return view


def test_without_maps_it_says_why_and_what_recording_costs(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 1))
    assert view.reason.isVisible()
    assert view.reason.text() == NOT_RECORDED
    assert view.table(FrameContext(film, 1)) is None


def test_a_film_without_maps_can_get_them(view: WordsView, film: Film, qtbot: QtBot) -> None:
    view.show_moment(FrameContext(film, 1))
    with qtbot.waitSignal(view.attention_wanted):
        view.record_button.click()
    view.show_moment(FrameContext(film, 1, attention_done=0.25))
    assert view.reason.text() == "Recording where the words act: 25%"
    assert not view.record_button.isVisible()


def test_a_run_that_goes_on_is_not_recorded_afterwards(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 1, is_growing=True))
    assert view.reason.text() == GROWING
    assert "slower" in GROWING
    assert not view.record_button.isVisible()


def test_a_network_without_cross_attention_offers_no_recording(view: WordsView, film: Film) -> None:
    model = replace(film.model, family="z_image")
    view.show_moment(FrameContext(replace(film, model=model), 1))
    assert "Z-Image" in view.reason.text()
    assert not view.record_button.isVisible()


def test_a_word_under_the_pointer_darkens_all_other_places(view: WordsView, film: Film) -> None:
    lights: list[QImage | None] = []
    view.overlay_wanted.connect(lights.append)
    view.show_moment(FrameContext(film, 1, attention=record(range(4))))
    view.prompt.linkHovered.emit("2")
    view.prompt.linkHovered.emit("")
    lit, gone = lights
    assert lit is not None
    assert gone is None
    assert lit.pixelColor(0, 0).alpha() == 0
    assert lit.pixelColor(15, 15).alpha() > 100


def test_a_place_names_the_words_that_act_there(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 1, attention=record(range(4))))
    view.choose(1)
    view.look_at(0.1, 0.1)
    assert view.panes[1].caption.startswith("here: house 50%, ")
    view.look_at(1.0, 1.0)  # the last pixel belongs to the last place
    assert "house 10%" in view.panes[1].caption
    view.prompt.linkActivated.emit("2")
    assert view.panes[1].caption == "mean of 4 calls: up to 50%"


def test_a_place_without_maps_names_nothing(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 1))
    view.look_at(0.5, 0.5)
    assert view.reason.text() == NOT_RECORDED


def test_a_prompt_without_words_is_said(view: WordsView, film: Film) -> None:
    view.show_moment(
        FrameContext(
            film, 0, attention=AttentionRecord.begin(AttentionMaps(0, (), np.zeros((0, 4, 4), np.float16)))
        )
    )
    assert view.reason.text() == NO_WORDS


def test_it_begins_with_the_word_that_acts_most_in_one_place(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 1, attention=record(range(4))))
    this_step, all_steps = view.panes
    assert this_step.caption == "this step: up to 40%"
    assert all_steps.caption == "mean of 4 calls: up to 50%"
    pixels = to_pixels(this_step.image).astype(int)
    assert pixels[:4, :4].mean() > pixels[8:, 8:].mean() + 30


def test_a_word_is_chosen_by_a_click_and_by_the_keyboard(view: WordsView, film: Film, qtbot: QtBot) -> None:
    view.show_moment(FrameContext(film, 1, attention=record(range(4))))
    view.prompt.linkActivated.emit("1")
    assert view.panes[0].caption == "this step: up to 10%"
    view.prompt.setFocus()
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Return):  # the first word
        qtbot.keyClick(view.prompt, key)
    assert view.panes[0].caption == "this step: up to 10%"
    view.choose(2)
    assert view.panes[0].caption == "this step: up to 40%"


def test_the_prompt_is_shown_as_plain_text(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 1, attention=record(range(4))))
    assert "&lt;b&gt;" in view.prompt.text()
    assert view.prompt.text().count("<a href") == 3


def test_calls_that_a_branch_took_over_have_no_map_but_the_sum_is_there(view: WordsView, film: Film) -> None:
    moment = FrameContext(film, 1, attention=record(range(2, 4)))
    view.show_moment(moment)
    assert view.panes[0].caption == "not recorded at this step"
    assert view.panes[1].caption == "mean of 2 calls: up to 70%"
    table = view.table(moment)
    assert table is not None
    assert ",,".join(("", "")) in table.csv()


def test_a_growing_record_keeps_the_chosen_word(view: WordsView, film: Film) -> None:
    view.show_moment(FrameContext(film, 0, attention=record(range(1))))
    view.choose(1)
    view.show_moment(FrameContext(film, 0, attention=record(range(2))))
    assert "background" in view.prompt.text().split("href='1'")[1][:80]


def test_the_numbers_are_those_of_all_words(view: WordsView, film: Film) -> None:
    moment = FrameContext(film, 0, attention=record(range(4)))
    view.show_moment(moment)
    table = view.table(moment)
    assert table is not None
    assert len(table.rows) == 3 * 16 * 16
    assert [row[0] for row in table.rows[:: 16 * 16]] == ["a", "red", "house"]
    assert table.rows[2 * 16 * 16][3] == pytest.approx(0.2, abs=1e-3)


def test_words_of_another_step_s_text_are_struck_out(view: WordsView, film: Film) -> None:
    told = record(range(2))
    silent = replace(told.calls[1], maps=np.zeros_like(told.calls[1].maps))
    told = replace(told, calls=(told.calls[0], silent))
    view.show_moment(FrameContext(film, 0, attention=told))
    assert "line-through" not in view.prompt.text()
    view.show_moment(FrameContext(film, 1, attention=told))
    assert view.prompt.text().count("line-through") == len(told.words)
