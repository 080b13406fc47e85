"""The maps of words are recorded for a film that is there, lie beside it, and show on the picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.film.film_panel import FilmPanel
from app.film.views.words import NOT_RECORDED, WordsView
from core.errors import ModelMissing
from core.film.attention_file import attention_of_film, read_attention
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.prompt.word import Word
from core.runs.events import Advanced, Event, Finished
from core.runs.operations import RecordAttention
from tests.app.windows import Opened, Opener, open_window, wait_until_idle

__all__ = ["open_window"]


def recorded(operation: RecordAttention) -> Iterator[Event]:
    shares = np.zeros((1, 8, 8), np.float16)
    shares[0, :2, :2] = 0.5
    yield Advanced(1, 2)
    words = (Word(operation.film.request.prompt, 0, len(operation.film.request.prompt), 1, 2),)
    yield Finished(AttentionRecord.begin(AttentionMaps(0, words, shares)))


@pytest.fixture
def opened(open_window: Opener, qtbot: QtBot) -> Opened:
    """A window with a picture whose film is there, in which no words were recorded."""
    opened = open_window(saves=True)
    opened.window.resize(1600, 1000)  # the explanation of the view has room beside it
    opened.engine.answers[RecordAttention] = recorded
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)
    panel_of(opened).open_views(["words"])
    return opened


def panel_of(opened: Opened) -> FilmPanel:
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    return panel


def view_of(opened: Opened, qtbot: QtBot) -> WordsView:
    qtbot.waitUntil(lambda: opened.window.findChild(WordsView) is not None)
    view = opened.window.findChild(WordsView)
    assert view is not None
    qtbot.waitUntil(view.record_button.isVisible)
    return view


def test_it_is_recorded_on_demand_and_kept_beside_the_film(opened: Opened, qtbot: QtBot) -> None:
    view = view_of(opened, qtbot)
    view.record_button.click()
    qtbot.waitUntil(lambda: bool(view.panes[0].caption))
    film = panel_of(opened).film
    assert film is not None
    (path,) = opened.settings_store.settings.pictures.rglob("*.film.safetensors")
    qtbot.waitUntil(attention_of_film(path).is_file)
    assert read_attention(attention_of_film(path), film.run).calls[0].maps[0, 0, 0] == np.float16(0.5)


def test_words_and_places_meet_on_the_large_picture(opened: Opened, qtbot: QtBot) -> None:
    view = view_of(opened, qtbot)
    view.record_button.click()
    qtbot.waitUntil(lambda: bool(view.panes[0].caption))
    canvas = opened.window.contents.create_page.canvas
    before = canvas.grab().toImage()
    view.prompt.linkHovered.emit("0")
    assert canvas.grab().toImage() != before
    view.prompt.linkHovered.emit("")
    assert canvas.grab().toImage() == before
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.frame.center().toPoint())
    assert view.panes[1].caption.startswith("here: ")


def test_a_failure_is_told_and_it_can_be_tried_again(opened: Opened, qtbot: QtBot) -> None:
    def fail(_operation: RecordAttention) -> Iterator[Event]:
        yield Advanced(1, 2)
        raise ModelMissing("gone")

    opened.engine.answers[RecordAttention] = fail
    view = view_of(opened, qtbot)
    with qtbot.waitSignal(opened.window.session.failed):
        view.record_button.click()
    qtbot.waitUntil(view.record_button.isVisible)
    assert view.reason.text() == NOT_RECORDED
