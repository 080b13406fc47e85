"""Drawing a frame wider in the place of the canvas: from any picture, undone, cancelled, run and taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.view import Canvas
from app.create.page import CreatePage
from app.widgets.pixels import to_pixels
from core.request.mask import NO_MARGINS, Margins, Mask
from core.request.request import Size
from tests.app.windows import Opened, Opener, open_window, wait_until_idle

__all__ = ["open_window"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 64), (1, 250, 3)).save(path)
    return path


def page_of(opened: Opened) -> CreatePage:
    return opened.window.contents.create_page


def begin(opened: Opened, photo: Path, qtbot: QtBot) -> CreatePage:
    """Starts from the photo and opens the frame, as the user does."""
    page = page_of(opened)
    page.left.source.choose(photo)
    page.left.mask_control.widen_button.click()
    qtbot.waitUntil(lambda: page.is_widening)
    return page


def held_colours(canvas: Canvas) -> tuple[tuple[int, ...], ...]:
    """Returns the colours left and right of what is shown while C is held."""
    QTest.keyPress(canvas, Qt.Key.Key_C)
    frame, pixels = canvas.frame, to_pixels(canvas.grab().toImage())
    QTest.keyRelease(canvas, Qt.Key.Key_C)
    row, width = pixels[round(frame.center().y())], frame.width()
    return tuple(tuple(map(int, row[round(frame.left() + width * part)])) for part in (0.2, 0.8))


def margins_of(opened: Opened) -> Margins:
    mask = opened.window.session.draft.mask
    return mask.margins if mask is not None else NO_MARGINS


def test_a_frame_is_the_draft_s_at_once_and_follows_undo(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    view, editor = page.frame_editor.view, opened.window.session.draft_editor
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert margins_of(opened) == Margins(right=16)
    assert page.left.mask_control.widen_button.text() == "Wider by 16 × 0 px…"
    editor.undo()
    assert (margins_of(opened), view.margins) == (Margins(right=8), Margins(right=8))
    editor.undo()
    assert (margins_of(opened), view.margins) == (NO_MARGINS, NO_MARGINS)
    editor.redo()
    assert margins_of(opened) == view.margins == Margins(right=8)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not page.is_widening
    assert margins_of(opened) == Margins(right=8)
    page.left.mask_control.widen_button.click()
    qtbot.waitUntil(lambda: page.is_widening)
    QTest.keyClick(view, Qt.Key.Key_Up)
    page.frame_editor.bar.cancel.click()
    assert (margins_of(opened), page.is_widening) == (Margins(right=8), False)


def test_another_start_image_has_its_own_frame_and_none_ends_it(
    open_window: Opener, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    QTest.keyClick(page.frame_editor.view, Qt.Key.Key_Left)
    Image.new("RGB", (32, 48)).save(tmp_path / "other.png")
    page.left.source.choose(tmp_path / "other.png")
    qtbot.waitUntil(lambda: page.frame_editor.view.size_of_picture == Size(32, 48))
    assert page.frame_editor.view.margins == margins_of(opened) == NO_MARGINS
    opened.window.session.edit(source=None, mask=None)
    assert not page.is_widening


def test_a_picture_that_is_gone_is_told(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = page_of(opened)
    page.left.source.choose(photo)
    photo.unlink()
    page.left.mask_control.widen_button.click()
    qtbot.waitUntil(lambda: bool(page.messages.subjects))
    assert not page.is_widening


def test_wider_candidates_are_compared_in_place_and_one_is_taken(
    open_window: Opener, photo: Path, qtbot: QtBot
) -> None:
    opened = open_window(saves=True)
    opened.window.show()
    page = begin(opened, photo, qtbot)
    page.frame_editor.view.set_margins(Margins(64, 0, 0, 0))
    page.frame_editor.drawn.emit()
    session = opened.window.session
    assert (session.draft.size, page.left.mask_control.isVisible()) == (Size(128, 64), True)
    session.edit(seed=5, count=2)
    session.generate()
    assert not page.is_widening
    wait_until_idle(opened, qtbot)
    bar = page.candidate_bar
    qtbot.waitUntil(bar.isVisible)
    before = session.draft
    qtbot.waitUntil(lambda: page.canvas.shown is not None)
    assert before.mask == Mask("", fill="surroundings", softness=4.0, margins=Margins(64, 0, 0, 0))
    canvas = page.canvas
    colour = canvas.brush.color()
    backdrop = colour.red(), colour.green(), colour.blue()
    qtbot.waitUntil(lambda: held_colours(canvas) == (backdrop, (1, 250, 3)))
    bar.take_asked.emit()
    taken = session.draft
    assert taken.mask is None
    assert taken.source is not None
    assert before.source is not None
    assert taken.source.path != before.source.path
    assert taken.source.strength == 0.6


def test_without_the_start_image_the_size_is_again_what_it_was(
    open_window: Opener, photo: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    session, size = opened.window.session, opened.window.session.draft.size
    page = begin(opened, photo, qtbot)
    page.frame_editor.view.set_margins(Margins(64, 0, 0, 0))
    page.frame_editor.drawn.emit()
    wider = session.draft.size
    assert wider != size
    page.left.source.remove_button.click()
    assert (session.draft.source, session.draft.size, page.is_widening) == (None, size, False)
    session.draft_editor.undo()
    assert session.draft.size == wider
    page.left.source.choose(photo)
    assert (session.draft.mask, session.draft.size) == (None, size)


def test_painting_ends_with_its_mask_kept_when_the_frame_is_drawn(
    open_window: Opener, photo: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = page_of(opened)
    page.left.source.choose(photo)
    page.left.mask_control.button.click()
    qtbot.waitUntil(lambda: page.is_painting)
    QTest.keyClick(page.mask_editor.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(page.painting_changed):
        page.left.mask_control.widen_button.click()
    qtbot.waitUntil(lambda: page.is_widening)
    mask = opened.window.session.draft.mask
    assert mask is not None
    assert mask.is_painted
    page.show_canvas()
    assert not page.is_widening
