"""Painting over the map of a control: begun from its row, kept in the draft by its content, and reset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.create.map_place import MapPlace
from app.create.page import CreatePage
from core.control.edits import cut_to, read_edits
from core.request.control import Control
from core.request.request import Size
from tests.app.create.test_mask_place import page_of
from tests.app.windows import Opened, Opener, open_window

__all__ = ["open_window"]


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    path = tmp_path / "drawing.png"
    pixels = np.full((90, 120, 3), 250, np.uint8)
    pixels[30:60, 40:80] = 10
    Image.fromarray(pixels).save(path)
    return path


def begin(opened: Opened, drawing: Path, qtbot: QtBot) -> CreatePage:
    page, session = page_of(opened), opened.window.session
    session.edit(controls=(Control("lines", str(drawing), preprocessor="canny"),), size=Size(128, 128))
    page.controls.paint_asked.emit(0)
    qtbot.waitUntil(lambda: page.is_painting_map)
    return page


def stroke(page: CreatePage, x: float = 20) -> None:
    view = page.map_editor.view
    frame = view.placement
    start = QPointF(frame.left + x * frame.scale, frame.top + 20 * frame.scale).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start * 1.1)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start * 1.1)


def control_of(opened: Opened) -> Control:
    (control,) = opened.window.session.draft.controls
    return control


def kept(opened: Opened, qtbot: QtBot) -> np.ndarray:
    qtbot.waitUntil(lambda: control_of(opened).edits is not None)
    edits = control_of(opened).edits
    assert edits is not None
    return read_edits(edits)[0]


def test_what_was_painted_is_the_controls_when_painting_ends(
    open_window: Opener, drawing: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, drawing, qtbot)
    stroke(page)
    painted = page.map_editor.view.painting.levels.copy()
    QTest.keyClick(page.map_editor.view, Qt.Key.Key_Escape)
    assert not page.is_painting_map
    whole = kept(opened, qtbot)
    assert np.array_equal(cut_to(whole, Size(128, 128)), painted)
    assert whole.shape == (128, 171)  # of all of the picture, also what the square does not see
    page.controls.paint_asked.emit(0)
    qtbot.waitUntil(lambda: page.is_painting_map)
    assert np.array_equal(page.map_editor.view.painting.levels, painted)


def test_cancelling_brings_back_what_was_there(open_window: Opener, drawing: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, drawing, qtbot)
    stroke(page)
    page.map_editor.closed.emit()
    first = kept(opened, qtbot)
    page.controls.paint_asked.emit(0)
    qtbot.waitUntil(lambda: page.is_painting_map)
    stroke(page, 60)
    page.map_editor.cancelled.emit()
    assert not page.is_painting_map
    qtbot.waitUntil(lambda: not opened.window.session.draft_editor.files.is_busy)
    assert np.array_equal(kept(opened, qtbot), first)


def test_cancelling_takes_back_strokes_that_are_just_being_written(
    open_window: Opener, drawing: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page, files = begin(opened, drawing, qtbot), opened.window.session.draft_editor.files
    stroke(page)
    place = page.findChild(MapPlace)
    assert place is not None
    rest = place.findChild(QTimer)
    assert rest is not None
    rest.timeout.emit()
    assert files.is_busy
    page.map_editor.cancelled.emit()
    qtbot.waitUntil(lambda: not files.is_busy)
    assert control_of(opened).edits is None


def test_another_picture_or_preprocessor_ends_painting(open_window: Opener, drawing: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, drawing, qtbot)
    page.controls.change(0, preprocessor="invert")
    assert not page.is_painting_map
    page.controls.paint_asked.emit(0)
    qtbot.waitUntil(lambda: page.is_painting_map)
    stroke(page)
    page.map_editor.closed.emit()
    kept(opened, qtbot)
    page.controls.change(0, preprocessor="canny")
    assert control_of(opened).edits is not None  # they fit every map of the picture
    page.controls.change(0, path=str(drawing.with_name("other.png")))
    assert control_of(opened).edits is None


def test_a_change_that_ends_painting_keeps_the_last_stroke(
    open_window: Opener, drawing: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, drawing, qtbot)
    stroke(page)
    page.controls.change(0, preprocessor="invert")
    assert not page.is_painting_map
    kept(opened, qtbot)
    assert control_of(opened).preprocessor == "invert"


def test_undo_of_the_page_takes_the_strokes_and_brings_them_back(
    open_window: Opener, drawing: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, drawing, qtbot)
    opened.window.session.draft_editor.end_step()
    stroke(page)
    page.map_editor.closed.emit()
    kept(opened, qtbot)
    opened.window.session.draft_editor.undo()
    assert control_of(opened).edits is None
    opened.window.session.draft_editor.redo()
    assert control_of(opened).edits is not None


def test_a_run_that_begins_while_painting_waits_for_the_strokes(
    open_window: Opener, drawing: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page, editor = begin(opened, drawing, qtbot), opened.window.session.draft_editor
    stroke(page)
    told: list[bool] = []
    editor.complete()
    assert editor.files.puts_off(lambda: told.append(control_of(opened).edits is not None))
    assert not page.is_painting_map
    qtbot.waitUntil(lambda: told == [True])


def test_a_picture_that_is_gone_is_told(open_window: Opener, drawing: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page, session = page_of(opened), opened.window.session
    session.edit(controls=(Control("lines", str(drawing.with_name("gone.png"))),))
    page.controls.paint_asked.emit(0)
    qtbot.waitUntil(lambda: "gone.png" in " ".join(label.text() for label in page.messages.findChildren(QLabel)))
    assert not page.is_painting_map
