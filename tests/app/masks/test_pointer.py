"""Painting by mouse, pen and the keyboard's own pointer."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.masks.brush import Brush, PressureUse
from app.masks.editor import MaskEditor
from app.masks.view import MaskView
from tests.app.masks.hand import CTRL, SHIFT, drag, levels, place, press


def tablet(
    view: MaskView, kind: QEvent.Type, where: QPointF, pressure: float, *, is_other_end: bool = False
) -> bool:
    pointer = QPointingDevice.PointerType
    device = QPointingDevice(
        "pen",
        1,
        QInputDevice.DeviceType.Stylus,
        pointer.Eraser if is_other_end else pointer.Pen,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        1,
    )
    is_move = kind is QEvent.Type.TabletMove
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    held = none if kind is QEvent.Type.TabletRelease else left
    event = QTabletEvent(
        *(kind, device, where, QPointF(view.mapToGlobal(where)), pressure, 0, 0, 0, 0, 0),
        *(Qt.KeyboardModifier.NoModifier, none if is_move else left, held),
    )
    QApplication.sendEvent(view, event)
    return event.isAccepted()


@pytest.mark.parametrize("use", PressureUse)
def test_a_pen_paints_by_its_pressure(editor: MaskEditor, use: PressureUse) -> None:
    view = editor.view
    view.set_brush(Brush(60, 0.0, pressure=use))
    middle = QPointF(place(view, 150, 100))
    assert tablet(view, QEvent.Type.TabletPress, middle, 0.4)
    tablet(view, QEvent.Type.TabletMove, middle + QPointF(1, 0), 0.4)
    tablet(view, QEvent.Type.TabletRelease, middle, 0.0)
    widths = {PressureUse.size: 24, PressureUse.strength: 60, PressureUse.nothing: 60}
    assert (levels(editor)[100] > 50).sum() == pytest.approx(widths[use], abs=3)
    assert levels(editor).max() == (102 if use is PressureUse.strength else 255)


def test_the_other_end_of_a_pen_erases(editor: MaskEditor) -> None:
    press(editor, Qt.Key.Key_A, CTRL)
    middle = place(editor.view, 150, 100)
    tablet(editor.view, QEvent.Type.TabletPress, middle, 1.0, is_other_end=True)
    tablet(editor.view, QEvent.Type.TabletRelease, middle, 0.0, is_other_end=True)
    assert levels(editor)[100, 150] == 0


def test_space_and_a_drag_move_the_picture_and_paint_nothing(editor: MaskEditor) -> None:
    view = editor.view
    view.zoom_to(8.0)
    before = view.placement
    QTest.keyPress(view, Qt.Key.Key_Space)
    drag(editor, (150, 100), (140, 96))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert (view.placement.left, view.placement.top) != (before.left, before.top)
    assert editor.levels is None
    drag(editor, (150, 100), (140, 96), button=Qt.MouseButton.MiddleButton)
    assert editor.levels is None
    drag(editor, (150, 100), (140, 96))
    assert editor.levels is not None


def test_a_place_is_painted_where_the_pointer_is_at_every_zoom(editor: MaskEditor) -> None:
    editor.view.set_brush(Brush(6, 0.0))
    for zoom in (0.3, 1.0, 6.0):
        editor.view.zoom_to(zoom)
        drag(editor, (151, 99))
        rows, columns = np.nonzero(levels(editor))
        assert columns.mean() == pytest.approx(151, abs=2)
        assert rows.mean() == pytest.approx(99, abs=2)
        press(editor, Qt.Key.Key_Delete)


def test_all_is_painted_by_keys_alone(editor: MaskEditor) -> None:
    view = editor.view
    view.set_brush(Brush(10, 0.0))
    press(editor, Qt.Key.Key_Left)  # the pointer begins in the middle
    start = view.point_of(view.pointer or QPointF())
    press(editor, Qt.Key.Key_Return)
    for _ in range(5):
        press(editor, Qt.Key.Key_Right)
    press(editor, Qt.Key.Key_Down, SHIFT)
    end = view.point_of(view.pointer or QPointF())
    press(editor, Qt.Key.Key_Return)
    painted = levels(editor)
    assert painted[int(start[1]), int(start[0])] == painted[int(end[1]), int(end[0])] == 255
    before = painted.copy()
    press(editor, Qt.Key.Key_Right)  # the pointer is up again
    assert np.array_equal(levels(editor), before)
    assert "%" in view.accessibleDescription()


def test_escape_drops_a_gesture_and_then_ends_painting(editor: MaskEditor, qtbot: QtBot) -> None:
    view = editor.view
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place(view, 100, 100).toPoint())
    QTest.mouseMove(view, place(view, 200, 100).toPoint())
    assert editor.levels is not None
    press(editor, Qt.Key.Key_Escape)
    assert editor.levels is None
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place(view, 200, 100).toPoint())
    assert editor.levels is None
    with qtbot.waitSignal(editor.closed):
        press(editor, Qt.Key.Key_Escape)
