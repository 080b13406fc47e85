"""Pictures made on the same spot: looked at in place, compared with the start image, and taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.create.candidate_bar import CandidateBar
from app.create.candidates import TAKEN
from app.create.page import CreatePage
from app.widgets.pixels import to_pixels
from core.pictures.mask import save_mask
from core.request.request import Mask, Source
from tests.app.windows import Opened, Opener, open_window, wait_until_idle

__all__ = ["open_window"]


@pytest.fixture
def opened(open_window: Opener, tmp_path: Path, qtbot: QtBot) -> Opened:
    """A window in which three candidates have been made."""
    opened = open_window(saves=True)
    opened.window.show()
    photo = tmp_path / "photo.png"
    Image.new("RGB", (128, 128), (1, 250, 3)).save(photo)
    mask = np.zeros((128, 128), np.uint8)
    mask[10:30, 10:30] = 255
    opened.window.session.edit(
        source=Source(str(photo), 0.7), mask=Mask(str(save_mask(mask, tmp_path))), count=3, seed=5
    )
    generate(opened, qtbot)
    return opened


def generate(opened: Opened, qtbot: QtBot) -> None:
    opened.window.session.generate()
    wait_until_idle(opened, qtbot)


def page_of(opened: Opened) -> CreatePage:
    return opened.window.contents.create_page


def bar_of(opened: Opened) -> CandidateBar:
    return page_of(opened).candidate_bar


def wait_for_place(opened: Opened, text: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not bar_of(opened).isHidden() and bar_of(opened).place.text() == text)


def shown_file(opened: Opened) -> Path:
    path = opened.window.contents.create_page.canvas
    assert path is not None
    current = opened.window.contents._commands.current_file()  # pyright: ignore[reportPrivateUsage]
    assert current is not None
    return current


def test_candidates_are_gone_through_by_arrow_keys(opened: Opened, qtbot: QtBot) -> None:
    canvas = page_of(opened).canvas
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    third = shown_file(opened)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    wait_for_place(opened, "Candidate 2 of 3", qtbot)
    second = shown_file(opened)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert second != third
    QTest.qWait(0)
    qtbot.waitUntil(lambda: bar_of(opened).place.text() != "Candidate 2 of 3")


def test_a_deleted_candidate_is_passed_over(opened: Opened, qtbot: QtBot) -> None:
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    bar_of(opened).before.click()
    wait_for_place(opened, "Candidate 2 of 3", qtbot)
    second = shown_file(opened)
    bar_of(opened).next.click()
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    second.unlink()
    bar_of(opened).before.click()
    wait_for_place(opened, "Candidate 1 of 3", qtbot)


def test_holding_a_key_shows_the_picture_as_it_was(opened: Opened, qtbot: QtBot) -> None:
    canvas = page_of(opened).canvas
    wait_for_place(opened, "Candidate 3 of 3", qtbot)

    def middle() -> tuple[int, ...]:
        pixels = to_pixels(canvas.grab().toImage())
        return tuple(int(value) for value in pixels[pixels.shape[0] // 2, pixels.shape[1] // 2])

    candidate = middle()
    canvas.setFocus()

    def is_source_shown() -> bool:
        QTest.keyPress(canvas, Qt.Key.Key_C)
        return middle() == (1, 250, 3)

    qtbot.waitUntil(is_source_shown)
    QTest.keyRelease(canvas, Qt.Key.Key_C)
    assert middle() == candidate != (1, 250, 3)
    qtbot.waitUntil(is_source_shown)
    canvas.clearFocus()  # and the release of the key goes elsewhere
    assert middle() == candidate


def test_taking_one_makes_it_the_start_image_and_undo_brings_the_former_back(opened: Opened, qtbot: QtBot) -> None:
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    session, canvas = opened.window.session, page_of(opened).canvas
    before, taken = session.draft, shown_file(opened)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_T)
    assert session.draft.source == Source(str(taken), 0.7)
    assert session.draft.mask == before.mask
    assert bar_of(opened).isHidden()
    session.draft_editor.undo()
    assert session.draft == before
    assert TAKEN not in page_of(opened).messages.subjects()
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    session.draft_editor.redo()
    assert session.draft.source == Source(str(taken), 0.7)
    assert bar_of(opened).isHidden()
    session.draft_editor.undo()
    bar_of(opened).take.click()
    undo = opened.child("undoTakeButton")
    assert isinstance(undo, QPushButton)
    undo.click()
    assert session.draft.source == before.source
    wait_for_place(opened, "Candidate 3 of 3", qtbot)


def test_taking_one_leaves_the_mask_of_another_picture_behind(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    other, mask = tmp_path / "other.png", np.full((40, 30), 255, np.uint8)
    Image.new("RGB", (30, 40)).save(other)
    session, taken = opened.window.session, shown_file(opened)
    session.edit(source=Source(str(other), 0.7), mask=Mask(str(save_mask(mask, tmp_path))))
    before = session.draft
    bar_of(opened).take.click()
    assert session.draft.source == Source(str(taken), 0.7)
    assert session.draft.mask is None
    undo = opened.child("undoTakeButton")
    assert isinstance(undo, QPushButton)
    undo.click()
    assert (session.draft.source, session.draft.mask) == (before.source, before.mask)


def test_taking_an_enlarged_one_leaves_the_mask_behind_which_does_not_fit(opened: Opened, qtbot: QtBot) -> None:
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    taken = shown_file(opened)
    with Image.open(taken) as picture:
        picture.resize((256, 256)).save(taken, pnginfo=_info_of(picture))
    opened.window.contents.show_picture(taken)
    qtbot.waitUntil(lambda: page_of(opened).canvas.picture_size == QSize(256, 256))
    bar_of(opened).take.click()
    assert opened.window.session.draft.source == Source(str(taken), 0.7)
    assert opened.window.session.draft.mask is None


def _info_of(picture: Image.Image) -> PngInfo:
    info = PngInfo()
    for key, text in picture.info.items():
        info.add_text(str(key), str(text))
    return info


def test_more_of_the_same_spot_join_and_another_spot_begins_anew(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    session = opened.window.session
    session.edit(count=1, seed=99)
    generate(opened, qtbot)
    wait_for_place(opened, "Candidate 4 of 4", qtbot)
    other = save_mask(np.full((128, 128), 255, np.uint8), tmp_path)
    session.edit(mask=Mask(str(other)))
    generate(opened, qtbot)
    wait_for_place(opened, "Candidate 1 of 1", qtbot)
    assert not bar_of(opened).next.isVisible()


def test_other_pictures_have_no_bar(opened: Opened, qtbot: QtBot) -> None:
    wait_for_place(opened, "Candidate 3 of 3", qtbot)
    opened.window.session.edit(source=None, mask=None, count=1)
    generate(opened, qtbot)
    qtbot.waitUntil(lambda: bar_of(opened).isHidden())
