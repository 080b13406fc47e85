"""The tools, the keys and the actions on the whole mask."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.masks.brush import Brush
from app.masks.editor import MaskEditor
from app.masks.keys import MaskAction
from app.masks.shapes import rectangle
from app.masks.view import ToolKind
from app.widgets.pixels import to_image
from core.pictures.mask import feathered, grown
from tests.app.masks.hand import CTRL, HEIGHT, SHIFT, WIDTH, drag, levels, press


def test_a_drag_paints_and_the_eraser_takes_away(editor: MaskEditor, qtbot: QtBot) -> None:
    editor.view.set_brush(Brush(40, 0.0))
    with qtbot.waitSignal(editor.painted):
        drag(editor, (60, 100), (240, 100))
    assert levels(editor)[100, 60:240].min() == 255
    assert levels(editor)[70, 150] == 0
    press(editor, Qt.Key.Key_E)
    drag(editor, (150, 100), (151, 100))
    assert levels(editor)[100, 150] == 0
    assert levels(editor)[100, 100] == 255
    press(editor, Qt.Key.Key_B)
    assert not editor.view.is_erasing


def test_a_rectangle_is_drawn_by_two_corners_and_a_lasso_by_a_line(editor: MaskEditor) -> None:
    press(editor, Qt.Key.Key_R)
    drag(editor, (50, 40), (150, 120))
    rows, columns = np.nonzero(levels(editor))
    assert (abs(columns.min() - 50), abs(rows.min() - 40)) <= (1, 1)
    assert (abs(columns.max() - 150), abs(rows.max() - 120)) <= (1, 1)
    press(editor, Qt.Key.Key_Delete)
    press(editor, Qt.Key.Key_L)
    drag(editor, (200, 50), (280, 50), (280, 150))
    assert levels(editor)[70, 270] == 255
    assert levels(editor)[130, 220] == 0


def test_undo_and_redo_by_the_keys_of_krita(editor: MaskEditor, window: QMainWindow) -> None:
    taken: list[object] = []
    window.actions()[0].triggered.connect(lambda: taken.append(1))
    drag(editor, (60, 100), (100, 100))
    one = levels(editor).copy()
    drag(editor, (160, 100), (200, 100))
    two = levels(editor).copy()
    press(editor, Qt.Key.Key_Z, CTRL)
    assert np.array_equal(levels(editor), one)
    press(editor, Qt.Key.Key_Z, CTRL)
    assert editor.levels is None
    assert not editor.bar.buttons[MaskAction.undo].isEnabled()
    press(editor, Qt.Key.Key_Z, CTRL | SHIFT)
    press(editor, Qt.Key.Key_Z, CTRL | SHIFT)
    assert np.array_equal(levels(editor), two)
    assert not taken


def test_the_whole_mask_is_inverted_filled_and_cleared(editor: MaskEditor) -> None:
    drag(editor, (60, 100), (100, 100))
    before = levels(editor).copy()
    press(editor, Qt.Key.Key_I, CTRL)
    assert np.array_equal(levels(editor), 255 - before)
    press(editor, Qt.Key.Key_A, CTRL)
    assert levels(editor).min() == 255
    press(editor, Qt.Key.Key_Delete)
    assert editor.levels is None


def test_the_mask_grows_shrinks_and_is_feathered_by_the_amount(editor: MaskEditor) -> None:
    painting = editor.view.painting
    painting.cover(rectangle((80, 60), (160, 120), painting.area), is_erasing=False)
    painting.end()
    before = levels(editor).copy()
    editor.bar.panel.amount.setValue(12)
    for button, expected in (
        (editor.bar.panel.grow, grown(before, 12)),
        (editor.bar.panel.shrink, grown(before, -12)),
        (editor.bar.panel.feather, feathered(before, 12)),
    ):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert np.array_equal(levels(editor), expected)
        assert not np.array_equal(expected, before)
        press(editor, Qt.Key.Key_Z, CTRL)
        assert np.array_equal(levels(editor), before)


def test_what_is_transparent_becomes_the_mask(editor: MaskEditor) -> None:
    assert not editor.bar.panel.alpha.isVisible()
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[20:40, 30:90] = 55
    editor.open(to_image(np.zeros((HEIGHT, WIDTH, 3), np.uint8)), None, alpha)
    QTest.mouseClick(editor.bar.panel.alpha, Qt.MouseButton.LeftButton)
    assert np.array_equal(levels(editor), 255 - alpha)


def test_the_size_of_the_brush_is_changed_by_keys_by_a_drag_and_by_its_field(editor: MaskEditor) -> None:
    view = editor.view
    view.set_brush(Brush(40))
    QTest.keyClicks(view, "]")
    assert view.settings.diameter_px == 48
    QTest.keyClicks(view, "[[")
    assert view.settings.diameter_px < 40
    view.set_brush(Brush(1))
    QTest.keyClicks(view, "]")
    assert view.settings.diameter_px == 2
    drag(editor, (100, 100), (110, 100), keys=SHIFT)
    assert view.settings.diameter_px == pytest.approx(22, abs=1)
    assert editor.levels is None
    editor.bar.size_spin.setValue(77)
    assert view.settings.diameter_px == 77
    view.set_brush(Brush(5000))
    assert editor.bar.size_spin.value() == 1000


def test_krita_keys_zoom(editor: MaskEditor) -> None:
    press(editor, Qt.Key.Key_1)
    assert editor.view.zoom == 1.0
    press(editor, Qt.Key.Key_2)
    assert editor.view.lens.is_fitted


def test_every_control_has_a_name_and_tells_its_key(editor: MaskEditor) -> None:
    for action, button in editor.bar.buttons.items():
        assert button.accessibleName() == action.words
        assert action.key in button.toolTip()
    assert len({key for action in MaskAction for key in action.keys}) == sum(
        len(action.keys) for action in MaskAction
    )
    assert ToolKind(editor.view.tool.value) is editor.view.tool


def test_the_rarer_tools_open_below_their_button_and_do_what_they_say(editor: MaskEditor) -> None:
    panel = editor.bar.panel
    assert panel.isHidden()
    editor.bar.more.click()
    assert panel.isVisible()
    panel.buttons[MaskAction.fill].click()
    assert levels(editor).min() == 255
    panel.strength.setValue(40)
    assert editor.view.settings.strength == pytest.approx(0.4)
    panel.close()
    assert editor.bar.minimumSizeHint().width() <= 500  # the middle of a window of 1024 pixels
