"""Painting over a map: white, black, and the eraser that brings the map back; undo and keys as for masks."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from app.masks.brush import Brush
from app.masks.keys import MaskAction
from app.masks.map_editor import MapEditor
from app.widgets.pixels import to_image, to_pixels
from app.widgets.theme import LIGHT
from core.control.edits import UNTOUCHED
from tests.app.masks.hand import CTRL, HEIGHT, WIDTH, drag, levels, press


@pytest.fixture
def editor(window: QMainWindow) -> MapEditor:
    editor = MapEditor(LIGHT)
    window.setCentralWidget(editor)
    window.resize(900, 640)
    window.show()
    made = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    made[::2] = 90
    editor.open(to_image(made), None)
    editor.view.set_brush(Brush(40, 0.0))
    editor.view.setFocus()
    return editor


def test_white_black_and_the_eraser(editor: MapEditor) -> None:
    assert editor.levels is None
    drag(editor, (60, 100), (240, 100))
    assert (levels(editor)[100, 60:240] == 255).all()
    press(editor, Qt.Key.Key_X)
    drag(editor, (150, 100), (151, 100))
    assert (levels(editor)[100, 150], levels(editor)[100, 100]) == (0, 255)
    press(editor, Qt.Key.Key_E)
    drag(editor, (150, 100), (151, 100))
    assert (levels(editor)[100, 150], levels(editor)[100, 100]) == (UNTOUCHED, 255)
    press(editor, Qt.Key.Key_X)  # leaves the eraser, in white again
    drag(editor, (150, 150), (151, 150))
    assert levels(editor)[150, 150] == 255
    for _ in range(4):
        press(editor, Qt.Key.Key_Z, CTRL)
    assert editor.levels is None
    assert not editor.bar.buttons[MaskAction.undo].isEnabled()


def test_a_soft_stroke_ends_in_what_was_there(editor: MapEditor) -> None:
    editor.view.set_brush(Brush(60, 1.0))
    drag(editor, (150, 100), (151, 100))
    column = levels(editor)[60:101, 150].astype(int)
    assert column[0] == UNTOUCHED and column[-1] == 255
    assert (np.diff(column) >= 0).all()


def test_all_strokes_are_removed_and_brought_back(editor: MapEditor) -> None:
    drag(editor, (60, 100), (240, 100))
    press(editor, Qt.Key.Key_I, CTRL)  # of masks: nothing here
    assert levels(editor)[100, 100] == 255
    press(editor, Qt.Key.Key_Delete)
    assert editor.levels is None
    press(editor, Qt.Key.Key_Z, CTRL)
    assert levels(editor)[100, 100] == 255


def test_what_is_shown_is_the_map_with_its_strokes(editor: MapEditor) -> None:
    drag(editor, (60, 100), (240, 100))
    frame, shown = editor.view.placement, to_pixels(editor.view.grab().toImage())
    at = shown[round(frame.top + 100 * frame.scale), round(frame.left + 120 * frame.scale)]
    beside = shown[round(frame.top + 10 * frame.scale), round(frame.left + 120 * frame.scale)]
    assert (at == 255).all()
    assert beside.max() <= 90
    assert "painted over" in editor.view.accessibleDescription()
