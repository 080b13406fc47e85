from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.backdrop import Backdrop
from app.canvas.overlay import EmptyText
from app.canvas.repeating import repeated
from app.canvas.view import Canvas, Shown
from app.widgets.pixels import to_image, to_pixels
from app.widgets.theme import DARK, LIGHT
from core.pictures.pixels import Pixels


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas(LIGHT)
    qtbot.addWidget(canvas)
    canvas.resize(600, 400)
    canvas.show()
    assert canvas.shown is None
    assert canvas.lens.is_fitted
    return canvas


def plain(width: int, height: int, value: int = 200) -> QImage:
    return to_image(np.full((height, width, 3), value, np.uint8))


def shown(width: int = 128, height: int = 128, value: int = 200, badge: str = "") -> Shown:
    image = plain(width, height, value)
    return Shown(image, QSize(128, 128), badge, "a grey picture")


def middle(canvas: Canvas) -> int:
    picture = to_pixels(canvas.grab().toImage())
    return int(picture[picture.shape[0] // 2, picture.shape[1] // 2, 0])


def turn_wheel(canvas: Canvas, position: QPointF, notches: int) -> None:
    event = QWheelEvent(
        position,
        canvas.mapToGlobal(position),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,  # noqa: FBT003
    )
    QApplication.sendEvent(canvas, event)


def test_an_empty_canvas_says_what_to_do_next(canvas: Canvas) -> None:
    canvas.set_empty_text(EmptyText("Write something"))
    assert canvas.accessibleDescription() == "Write something"


def test_a_picture_is_painted_in_the_middle(canvas: Canvas) -> None:
    canvas.show_picture(shown(value=77))
    assert middle(canvas) == 77
    assert canvas.accessibleDescription() == "a grey picture"


def test_a_small_preview_fills_the_place_of_the_finished_picture(canvas: Canvas) -> None:
    canvas.show_picture(shown(16, 16, value=90))
    preview_zoom = canvas.zoom
    canvas.show_picture(shown(128, 128, value=91))
    assert canvas.zoom == preview_zoom
    assert preview_zoom == pytest.approx(352 / 128)


def test_a_fitted_picture_follows_the_size_of_the_window(canvas: Canvas) -> None:
    canvas.show_picture(shown())
    before = canvas.zoom
    canvas.resize(900, 800)
    assert canvas.zoom > before


def test_zoom_by_hand_stays_for_the_next_preview_and_ends_with_a_picture_of_another_size(canvas: Canvas) -> None:
    canvas.show_picture(shown(16, 16))
    canvas.zoom_to(4.0)
    canvas.show_picture(shown(16, 16, value=3))
    assert canvas.zoom == 4.0
    assert not canvas.lens.is_fitted
    canvas.show_picture(Shown(plain(64, 96), QSize(64, 96)))
    assert canvas.lens.is_fitted


def test_the_wheel_zooms_at_the_pointer(canvas: Canvas) -> None:
    canvas.show_picture(shown())
    canvas.zoom_to(8.0)
    before = canvas.placement
    turn_wheel(canvas, QPointF(100, 100), 1)
    after = canvas.placement
    assert after.scale == pytest.approx(10.0)
    assert (100 - after.left) / after.scale == pytest.approx((100 - before.left) / before.scale)


def test_keys_zoom_fit_and_pan(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_picture(shown())
    qtbot.keyClick(canvas, Qt.Key.Key_1)
    assert canvas.zoom == 1.0
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom == 1.25
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.zoom == 1.0
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.lens.is_fitted
    canvas.zoom_to(16.0)
    left = canvas.placement.left
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.placement.left > left


def test_dragging_moves_a_picture_that_is_larger_than_the_view(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_picture(shown())
    canvas.zoom_to(16.0)
    left, top = canvas.placement.left, canvas.placement.top
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    qtbot.mouseMove(canvas, QPoint(280, 230))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(280, 230))
    assert (canvas.placement.left, canvas.placement.top) == (left - 20, top + 30)


def test_a_double_click_switches_between_fit_and_actual_size(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_picture(shown())
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton)
    assert canvas.zoom == 1.0
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton)
    assert canvas.lens.is_fitted


def test_zooming_an_empty_canvas_does_nothing(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.zoom_in()
    canvas.zoom_to(1.0)
    assert canvas.lens.is_fitted
    with qtbot.waitSignal(canvas.zoom_changed) as emitted:
        canvas.show_picture(None)
    assert emitted.args == [None]


def test_the_background_follows_theme_and_choice(canvas: Canvas) -> None:
    light = to_pixels(canvas.grab().toImage())[3, 3].tolist()
    canvas.set_colours(DARK)
    assert to_pixels(canvas.grab().toImage())[3, 3].tolist() < light
    plain_rows = np.unique(to_pixels(canvas.grab().toImage())[3])
    canvas.set_backdrop(Backdrop.checker)
    assert len(np.unique(to_pixels(canvas.grab().toImage())[3])) > len(plain_rows)


def test_a_picture_is_repeated_and_its_places_are_those_of_one(canvas: Canvas, qtbot: QtBot) -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:16, :16] = 255
    canvas.show_picture(Shown(to_image(picture), QSize(32, 32)))
    for times in (2, 3, 1):
        QTest.keyClick(canvas, Qt.Key.Key_R)
        assert canvas.times == times
        frame, painted = canvas.frame, to_pixels(canvas.grab().toImage())[..., 0]
        assert frame.width() <= canvas.width() and frame.height() <= canvas.height()
        side = frame.width() / times
        for column in range(times):
            x, y = int(frame.left() + (column + 0.25) * side), int(frame.top() + 0.25 * side)
            assert painted[y, x] > 200 > 50 > painted[y, int(x + side / 2)]
        last = QPointF(frame.left() + (times - 0.75) * side, frame.top() + (times - 0.25) * side).toPoint()
        with qtbot.waitSignal(canvas.place_clicked) as clicked:
            QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=last)
        assert clicked.args == pytest.approx([0.25, 0.75], abs=0.05)


def test_a_large_picture_is_repeated_within_the_memory() -> None:
    assert max(repeated(plain(4000, 100), 3).size().toTuple()) <= 6144


def test_the_badge_is_painted_over_the_picture(canvas: Canvas) -> None:
    canvas.show_picture(shown(value=255))
    without = to_pixels(canvas.grab().toImage())
    canvas.show_picture(shown(value=255, badge="Step 3 of 20"))
    assert (to_pixels(canvas.grab().toImage()) != without).any()


def test_pixels_are_squares_at_large_zoom_and_smooth_when_fitted(canvas: Canvas) -> None:
    chess = np.zeros((4, 4, 3), np.uint8)
    chess[::2, ::2] = chess[1::2, 1::2] = 255
    canvas.show_picture(Shown(to_image(chess), QSize(128, 128)))
    assert len(np.unique(to_pixels(canvas.grab().toImage())[160, 150:450])) > 20
    canvas.show_picture(Shown(to_image(chess), QSize(4, 4)))
    canvas.zoom_to(64.0)
    assert len(np.unique(to_pixels(canvas.grab().toImage())[160, 180:420])) <= 2


def test_a_click_names_its_place_and_a_drag_does_not(canvas: Canvas, qtbot: QtBot) -> None:
    places: list[tuple[float, float]] = []

    def note(x: float, y: float) -> None:
        places.append((x, y))

    canvas.place_clicked.connect(note)
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(canvas, left, pos=canvas.rect().center())
    assert not places
    canvas.show_picture(shown())
    centre = canvas.frame.center().toPoint()
    qtbot.mousePress(canvas, left, pos=centre)
    qtbot.mouseMove(canvas, centre + QPoint(60, 0))
    qtbot.mouseRelease(canvas, left, pos=centre + QPoint(60, 0))
    qtbot.mouseClick(canvas, left, pos=canvas.frame.topLeft().toPoint() - QPoint(5, 5))
    qtbot.mouseClick(canvas, Qt.MouseButton.MiddleButton, pos=centre)
    assert not places
    qtbot.mouseClick(canvas, left, pos=centre)
    assert places == [(pytest.approx(0.5, abs=0.02), pytest.approx(0.5, abs=0.02))]


def test_an_overlay_lies_over_the_picture(canvas: Canvas) -> None:
    canvas.show_picture(shown())
    canvas.set_overlay(plain(4, 4, 10))
    assert middle(canvas) == 10
    canvas.set_overlay(None)
    assert middle(canvas) == 200


def test_a_small_picture_tells_its_size_below_it_while_it_is_enlarged(canvas: Canvas) -> None:
    def below() -> int:
        place = canvas.frame.bottom()
        return len(np.unique(to_pixels(canvas.grab().toImage())[round(place) + 3 : round(place) + 20, 150:450]))

    canvas.show_picture(Shown(shown().image, QSize(64, 64)))
    assert canvas.zoom == 3.0
    assert below() > 2
    canvas.show_actual_size()
    assert below() == 1


def test_a_picture_that_is_seen_whole_is_dragged_out_and_a_larger_one_is_moved(
    canvas: Canvas, qtbot: QtBot
) -> None:
    canvas.show_picture(shown())
    asked: list[bool] = []
    canvas.drag_asked.connect(lambda: asked.append(True))
    centre = canvas.rect().center()

    def drag() -> None:
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=centre)
        qtbot.mouseMove(canvas, centre + QPoint(60, 0))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=centre + QPoint(60, 0))

    drag()
    assert asked == [True]
    canvas.zoom_to(10)
    drag()
    assert asked == [True]


def seen(canvas: Canvas) -> Pixels:
    QApplication.processEvents()
    return to_pixels(canvas.screen().grabWindow(canvas.winId()).toImage())


@pytest.mark.parametrize("width", [16, 128, 500, 900])
def test_another_step_is_painted_on_its_own_place_and_leaves_nothing_of_the_one_before(
    canvas: Canvas, width: int
) -> None:
    canvas.resize(300, 400)
    size = QSize(width, 600)  # narrower than a badge, too
    canvas.show_picture(Shown(plain(16, 16), size, "Step 10 of 20  ·  decoded, with many words"))
    seen(canvas)
    for value, badge in ((120, "Step 11 of 20"), (60, "Step 100 of 200  ·  preview"), (90, "")):
        canvas.show_picture(Shown(plain(16, 16, value), size, badge))
        parts = seen(canvas)
        canvas.update()
        assert np.array_equal(parts, seen(canvas))
