"""One pane: what is seen of which picture, and what mouse and keys do."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.canvas.lens import Lens
from app.compare.pane import ComparePane
from app.widgets.pixels import to_pixels
from app.widgets.theme import LIGHT
from tests.app.compare.conftest import MakePicture

BLACK, WHITE = 10, 240


@pytest.fixture
def pane(qtbot: QtBot, make_picture: MakePicture) -> ComparePane:
    """400x300 with a dark and a light square picture, which lie from x = 74 to 326."""
    pane = ComparePane(Lens(), LIGHT)
    qtbot.addWidget(pane)
    pane.resize(400, 300)
    pane.show()
    pane.show_pictures((make_picture(BLACK, (96, 96)), make_picture(WHITE, (96, 96))), ("A", "B"))
    assert pane.divider == 0.5
    assert (pane.frame.left(), pane.frame.right()) == (74, 326)
    return pane


def greys(pane: ComparePane, *xs: int) -> list[int]:
    """Returns the greys at these places, a little above the lower edge of the picture."""
    pixels = to_pixels(pane.grab().toImage())
    return [int(pixels[260, x, 0]) for x in xs]


def drag(pane: ComparePane, qtbot: QtBot, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane, end)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=end)


def test_the_first_is_seen_left_of_the_divider_and_the_second_right_of_it(pane: ComparePane) -> None:
    assert greys(pane, 90, 190, 210, 310) == [BLACK, BLACK, WHITE, WHITE]
    pane.set_divider(0.25)
    assert greys(pane, 90, 145, 190, 310) == [BLACK, WHITE, WHITE, WHITE]


def test_dragging_moves_the_divider_as_far_as_the_picture_goes(pane: ComparePane, qtbot: QtBot) -> None:
    drag(pane, qtbot, QPoint(100, 150), QPoint(137, 150))
    assert pane.divider == pytest.approx(0.25, abs=0.01)
    drag(pane, qtbot, QPoint(100, 150), QPoint(399, 150))
    assert pane.divider == 1


def test_arrow_keys_move_the_divider(pane: ComparePane, qtbot: QtBot) -> None:
    qtbot.keyClick(pane, Qt.Key.Key_Left)
    assert pane.divider == pytest.approx(0.48)
    qtbot.keyClick(pane, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert pane.divider == pytest.approx(0.58)
    qtbot.keyClick(pane, Qt.Key.Key_Home)
    assert pane.divider == 0
    qtbot.keyClick(pane, Qt.Key.Key_End)
    assert pane.divider == 1


def test_when_the_picture_is_larger_than_the_pane_only_the_divider_itself_is_taken(
    pane: ComparePane, qtbot: QtBot
) -> None:
    pane.show_actual_size()
    for _ in range(10):
        pane.zoom_in()
    left = pane.frame.left()
    drag(pane, qtbot, QPoint(300, 150), QPoint(340, 150))
    assert pane.divider == 0.5
    assert pane.frame.left() == pytest.approx(left + 40)
    drag(pane, qtbot, QPoint(201, 150), QPoint(300, 150))
    assert pane.divider == pytest.approx(0.75)
    assert pane.frame.left() == pytest.approx(left + 40)


def test_panes_with_one_lens_move_together(pane: ComparePane, qtbot: QtBot, make_picture: MakePicture) -> None:
    lens = Lens()
    panes = [ComparePane(lens, LIGHT) for _ in range(2)]
    for number, single in enumerate(panes):
        qtbot.addWidget(single)
        single.resize(200, 200)
        single.show()
        single.show_pictures((make_picture(number),), ("",))
    panes[0].zoom_in()
    qtbot.keyClick(panes[1], Qt.Key.Key_Plus)
    qtbot.keyClick(panes[0], Qt.Key.Key_Left)
    assert panes[0].frame == panes[1].frame
    assert panes[0].frame != pane.frame


def test_a_picture_of_another_shape_lies_in_the_middle_of_the_first_one(
    pane: ComparePane, make_picture: MakePicture
) -> None:
    pane.show_pictures((make_picture(BLACK, (96, 96)), make_picture(WHITE, (96, 48))), ("A", "B"))
    pixels = to_pixels(pane.grab().toImage())
    assert pixels[150, 300, 0] == WHITE
    assert pixels[260, 300, 0] not in (BLACK, WHITE)


def test_words_can_stand_in_the_place_of_pictures(pane: ComparePane) -> None:
    pane.show_message("There is nothing to compare.")
    assert pane.message == "There is nothing to compare."
    assert pane.pictures == ()
    pane.grab()
