"""The frame around a picture is drawn wider by hand, by keys and to shapes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.masks.frame import Handle
from app.masks.frame_editor import FrameEditor
from app.masks.frame_view import MOST_PREVIEW_PX, roughly
from app.widgets.pixels import to_image, to_pixels
from app.widgets.theme import DARK, LIGHT
from core.request.mask import NO_MARGINS, Margins
from core.request.request import Size
from tests.app.masks.hand import CTRL, SHIFT

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def editor(qtbot: QtBot) -> FrameEditor:
    editor = FrameEditor(LIGHT)
    qtbot.addWidget(editor)
    editor.resize(700, 560)
    editor.show()
    editor.open(to_image(np.full((96, 128, 3), 90, np.uint8)), NO_MARGINS, 8)
    editor.view.setFocus()
    return editor


def draw(
    editor: FrameEditor,
    handle: Handle,
    dx: float,
    dy: float,
    keys: Qt.KeyboardModifier = PLAIN,
    *,
    lets_go: bool = True,
) -> None:
    """Drags a handle by pixels of the picture."""
    view, scale = editor.view, editor.view.placement.scale
    start = view.place_of(handle)
    end = start + QPointF(dx * scale, dy * scale)
    steps = [
        (QEvent.Type.MouseButtonPress, start, LEFT),
        (QEvent.Type.MouseMove, (start + end) / 2, NONE),
        (QEvent.Type.MouseMove, end, NONE),
    ]
    for kind, place, button in [*steps, *([(QEvent.Type.MouseButtonRelease, end, LEFT)] if lets_go else [])]:
        held = NONE if kind is QEvent.Type.MouseButtonRelease else LEFT
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), button, held, keys))


@pytest.mark.parametrize(
    ("handle", "keys", "expected"),
    [
        (Handle.right, PLAIN, Margins(right=32)),
        (Handle.right, SHIFT, Margins(left=32, right=32)),
        (Handle.right, CTRL, Margins(right=30)),
        (Handle.bottom_right, PLAIN, Margins(right=32, bottom=16)),
        (Handle.top_left, PLAIN, NO_MARGINS),
    ],
)
def test_a_drag_of_a_handle_makes_the_picture_wider(
    handle: Handle, keys: Qt.KeyboardModifier, expected: Margins, editor: FrameEditor, qtbot: QtBot
) -> None:
    told: list[None] = []
    editor.drawn.connect(lambda: told.append(None))
    draw(editor, handle, 30, 17, keys)
    assert editor.view.margins == expected
    assert len(told) == int(expected != NO_MARGINS)
    width, height = expected.around(128, 96)
    assert f"{width} × {height} px" in editor.bar.size_label.text()
    assert f"the frame {Size(width, height).words}" in editor.view.accessibleDescription()


def test_nothing_moves_under_the_pointer_during_a_drag_and_all_fits_after_it(editor: FrameEditor) -> None:
    before = editor.view.old_rect
    draw(editor, Handle.left, -400, 0, lets_go=False)
    assert editor.view.margins.left == 400
    assert editor.view.old_rect == before
    QTest.keyClick(editor.view, Qt.Key.Key_Escape)
    assert (editor.view.margins, editor.isVisible()) == (NO_MARGINS, True)
    draw(editor, Handle.left, -400, 0)
    frame = editor.view.frame_rect
    assert editor.view.rect().contains(frame.toAlignedRect())
    assert frame.left() > 20


def test_arrow_keys_move_the_side_they_point_to(editor: FrameEditor) -> None:
    view = editor.view
    for key, keys in (
        (Qt.Key.Key_Left, PLAIN),
        (Qt.Key.Key_Left, PLAIN),
        (Qt.Key.Key_Up, CTRL),
        (Qt.Key.Key_Down, PLAIN),
        (Qt.Key.Key_Left, SHIFT),
        (Qt.Key.Key_Right, SHIFT),
    ):
        QTest.keyClick(view, key, keys)
    assert view.margins == Margins(8, 1, 0, 7)  # a height of 104 is a multiple of 8 again


def test_shapes_are_reached_in_the_chosen_direction_and_left_again(editor: FrameEditor) -> None:
    bar, view = editor.bar, editor.view
    bar.anchor.setCurrentIndex(bar.anchor.findData("left"))
    bar.shape.setCurrentIndex(bar.shape.findData("2:1"))
    bar.shape.activated.emit(bar.shape.currentIndex())
    assert view.margins == Margins(right=64)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert bar.shape.currentText() == "Any shape"
    QTest.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert bar.shape.currentText() == "2:1"
    bar.reset.click()
    assert view.margins == NO_MARGINS
    assert not bar.reset.isEnabled()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_the_keys_that_end_it(key: Qt.Key, editor: FrameEditor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.closed):
        QTest.keyClick(editor.view, key)


def test_the_new_part_is_seen_beside_the_picture(editor: FrameEditor) -> None:
    editor.view.set_margins(Margins(right=64))
    editor.set_colours(DARK)
    pixels = to_pixels(editor.view.grab().toImage())
    old, frame = editor.view.old_rect, editor.view.frame_rect
    middle, new = old.center().toPoint(), round((old.right() + frame.right()) / 2)
    assert tuple(pixels[middle.y(), middle.x()]) == (90, 90, 90)
    assert not np.array_equal(pixels[middle.y(), new], pixels[middle.y(), middle.x()])
    assert not np.array_equal(pixels[middle.y(), new], pixels[4, 4])


@pytest.mark.parametrize("margins", [NO_MARGINS, Margins(64, 0, 0, 0), Margins(8000, 4000, 8000, 4000)])
def test_what_is_drawn_of_a_frame_stays_small_and_keeps_its_shape(margins: Margins) -> None:
    made = roughly(np.full((96, 128, 3), 90, np.uint8), Size(256, 192), margins)
    width, height = margins.around(256, 192)
    assert max(made.shape) <= MOST_PREVIEW_PX * 1.1
    assert made.shape[1] / made.shape[0] == pytest.approx(width / height, rel=0.03)


@pytest.mark.parametrize("name", ["shape", "anchor", "reset", "cancel", "done"])
def test_escape_ends_it_from_the_bar_too(name: str, editor: FrameEditor, qtbot: QtBot) -> None:
    editor.view.set_margins(Margins(right=64))
    part: QWidget = getattr(editor.bar, name)
    part.setFocus()
    with qtbot.waitSignal(editor.closed):
        QTest.keyClick(part, Qt.Key.Key_Escape)


def test_both_sizes_are_whole_in_a_narrow_window_and_nothing_moves_while_one_drags(
    editor: FrameEditor, qtbot: QtBot
) -> None:
    editor.resize(400, 560)
    label, top = editor.bar.size_label, editor.view.y()
    editor.view.set_margins(Margins(0, 0, 128, 0))
    editor.bar.refresh()
    qtbot.waitUntil(lambda: label.width() >= label.sizeHint().width())
    assert "256" in label.text()
    assert editor.view.y() == top
