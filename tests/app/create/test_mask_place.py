"""Painting in the place of the canvas: begun from any picture, kept in the draft, ended by what else is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.create.page import CreatePage
from core.pictures.mask import read_mask
from core.request.request import Source
from tests.app.dropping import drop, files
from tests.app.windows import Opened, Opener, open_window, wait_until_idle

__all__ = ["open_window"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 64), (200, 200, 200)).save(path)
    return path


def page_of(opened: Opened) -> CreatePage:
    return opened.window.contents.create_page


def begin(opened: Opened, photo: Path, qtbot: QtBot) -> CreatePage:
    """Starts from the photo and opens the editor, as the user does."""
    page = page_of(opened)
    page.left.source.choose(photo)
    page.left.mask_control.button.click()
    qtbot.waitUntil(lambda: page.is_painting)
    return page


def stroke(page: CreatePage) -> None:
    view = page.mask_editor.view
    frame = view.placement
    start = QPointF(frame.left + 20 * frame.scale, frame.top + 20 * frame.scale).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start * 1.3)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start * 1.3)


def kept(opened: Opened) -> np.ndarray:
    session = opened.window.session
    mask = session.draft.mask
    assert mask is not None
    QTest.qWait(0)
    while session.draft_editor.files.is_busy:
        QTest.qWait(5)
    return read_mask(Path(mask.path))[0]


def test_what_was_painted_is_kept_when_painting_ends(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    painted = page.mask_editor.view.painting.levels.copy()
    assert painted.any()
    QTest.keyClick(page.mask_editor.view, Qt.Key.Key_Escape)
    assert not page.is_painting
    assert np.array_equal(kept(opened), painted)
    page.left.mask_control.button.click()  # and goes on with it
    qtbot.waitUntil(lambda: page.is_painting)
    assert np.array_equal(page.mask_editor.view.painting.levels, painted)


def test_what_was_painted_is_kept_while_the_hand_rests(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    assert opened.window.session.draft.mask is None
    qtbot.waitUntil(lambda: opened.window.session.draft.mask is not None)
    assert page.is_painting


def test_a_run_begun_while_painting_has_the_mask(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    opened.window.session.generate()
    assert not page.is_painting
    qtbot.waitUntil(lambda: bool(opened.engine.requests))
    wait_until_idle(opened, qtbot)
    (made,) = opened.engine.requests
    assert made.mask is not None
    assert np.array_equal(read_mask(Path(made.mask.path))[0], kept(opened))


def test_the_mask_is_there_after_a_new_start(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    before = page.mask_editor.view.painting.levels.copy()
    opened.window.close()
    again = open_window()
    assert np.array_equal(kept(again), before)
    qtbot.waitUntil(lambda: not page_of(again).left.mask_control.thumbnail.isHidden())


def test_another_start_image_has_no_mask_and_is_painted_over_at_once(
    open_window: Opener, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    other = tmp_path / "other.png"
    Image.new("RGB", (30, 50)).save(other)
    page.left.source.choose(other)
    qtbot.waitUntil(lambda: page.mask_editor.view.painting.levels.shape == (50, 30))
    assert opened.window.session.draft.mask is None
    page.left.source.remove_button.click()
    assert not page.is_painting


def test_undo_of_the_settings_brings_the_former_mask_into_the_editor(
    open_window: Opener, photo: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    session = opened.window.session
    session.draft_editor.completing.emit()
    first = kept(opened)
    page.left.mask_control.button.click()
    qtbot.waitUntil(lambda: page.is_painting)
    session.draft_editor.end_step()
    QTest.keyClick(page.mask_editor.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool((kept(opened) == 255).all()))
    session.draft_editor.undo()
    qtbot.waitUntil(lambda: np.array_equal(page.mask_editor.view.painting.levels, first))


def test_asking_to_paint_while_painting_loses_no_stroke(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    painted = page.mask_editor.view.painting.levels.copy()
    page.left.mask_control.button.click()
    page_of(opened).left.source.choose(photo)  # the same again
    opened.window.contents._commands.tools.paint_mask(photo)  # pyright: ignore[reportPrivateUsage]
    qtbot.waitUntil(lambda: opened.window.session.draft.mask is not None)
    assert np.array_equal(kept(opened), painted)
    assert page.mask_editor.view.painting.history.can_undo


def test_a_mask_that_is_removed_right_after_a_stroke_does_not_come_back(
    open_window: Opener, photo: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page, session = begin(opened, photo, qtbot), opened.window.session
    stroke(page)
    qtbot.waitUntil(lambda: session.draft.mask is not None)
    QTest.keyClick(page.mask_editor.view, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    page.left.mask_control.remove_button.click()
    qtbot.waitUntil(lambda: page.mask_editor.levels is None)
    session.draft_editor.completing.emit()
    assert session.draft.mask is None


def test_a_start_image_that_is_chosen_while_another_is_read_is_painted_over(
    open_window: Opener, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page, other = page_of(opened), tmp_path / "other.png"
    Image.new("RGB", (30, 50)).save(other)
    page.left.source.choose(photo)
    page.left.mask_control.button.click()
    page.left.source.choose(other)
    qtbot.waitUntil(lambda: page.is_painting)
    assert page.mask_editor.view.painting.levels.shape == (50, 30)
    stroke(page)
    page.mask_editor.closed.emit()
    assert kept(opened).shape == (50, 30)


def test_the_picture_behind_the_editor_is_not_moved_to_the_trash(
    open_window: Opener, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, deleted, other = open_window(), list[Path](), tmp_path / "other.png"
    Image.new("RGB", (30, 50)).save(other)
    commands = opened.window.contents._commands  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(commands.menu, "delete", deleted.append)
    opened.window.contents.show_picture(other)
    qtbot.waitUntil(lambda: commands.current_file() == other)
    page = begin(opened, photo, qtbot)
    opened.action("Move picture to trash").trigger()
    assert not deleted
    page.mask_editor.closed.emit()
    opened.action("Move picture to trash").trigger()
    assert deleted == [other]


def test_a_file_that_is_no_picture_is_told(open_window: Opener, tmp_path: Path, qtbot: QtBot) -> None:
    opened = open_window()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    opened.window.session.edit(source=Source(str(broken), 0.6))
    page_of(opened).left.mask_control.button.click()
    qtbot.waitUntil(lambda: "failed" in opened.subjects)
    assert not page_of(opened).is_painting


def test_a_picture_that_is_dropped_or_pasted_while_painting_is_painted_over(
    open_window: Opener, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    for width in (40, 50):
        other = tmp_path / f"{width}.png"
        Image.new("RGB", (width, 30)).save(other)
        if width == 40:
            assert drop(page.mask_editor, files(other))
        else:
            QGuiApplication.clipboard().setMimeData(files(other))
            QTest.keyClick(page.mask_editor.view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        assert opened.window.session.draft.source == Source(str(other), 0.6)
        qtbot.waitUntil(lambda width=width: page.mask_editor.view.painting.levels.shape == (30, width))
        assert page.is_painting


def test_runs_without_end_do_not_end_painting(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = begin(opened, photo, qtbot)
    stroke(page)
    forever = opened.action("Generate forever")
    forever.setChecked(True)
    qtbot.waitUntil(lambda: len(opened.engine.requests) > 2)
    assert page.is_painting
    forever.setChecked(False)
    wait_until_idle(opened, qtbot)
    assert all(request.mask is not None for request in opened.engine.requests)


def test_cancel_brings_back_the_mask_that_was_there_and_undo_what_was_painted(
    open_window: Opener, photo: Path, qtbot: QtBot
) -> None:
    opened = open_window()
    page, session = begin(opened, photo, qtbot), opened.window.session
    stroke(page)
    page.mask_editor.bar.cancel.click()
    assert not page.is_painting
    assert session.draft.mask is None
    session.draft_editor.undo()
    first = kept(opened)
    page.left.mask_control.button.click()
    qtbot.waitUntil(lambda: page.is_painting)
    QTest.keyClick(page.mask_editor.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    page.mask_editor.bar.cancel.click()
    assert np.array_equal(kept(opened), first)
    session.draft_editor.undo()
    assert kept(opened).min() == 255


def test_the_branches_make_room_while_a_mask_is_painted(open_window: Opener, photo: Path, qtbot: QtBot) -> None:
    opened = open_window()
    page = page_of(opened)
    branches = opened.window.contents._commands._branches  # pyright: ignore[reportPrivateUsage]
    branches.button.setChecked(True)
    begin(opened, photo, qtbot)
    assert not branches.button.isChecked()
    page.mask_editor.closed.emit()
    assert branches.button.isChecked()
