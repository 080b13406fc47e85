"""A grid that was stopped, closed or killed makes the rest, and nothing twice."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.grid.page import GridPage
from app.session.run import RunState
from core.errors import OutOfMemory
from core.film.reader import PART_SUFFIX, completed_calls, film_path
from core.grid.folder import SHEET, made, read_grid
from core.paths import Folders
from core.pictures.metadata import read_recipe
from tests.app.conftest import MakeSession
from tests.app.grid.grid_pages import ask_with, begin, button, finish, on_sheet, page_of
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def begin_and_hold(opened: Opened, qtbot: QtBot) -> tuple[GridPage, threading.Event]:
    """Begins a grid of eight pictures, and waits for two of them while the third one is held."""
    hold = opened.engine.holds_in_all[9] = threading.Event()  # pictures have three or four calls
    page = begin(opened, qtbot, ("steps", "3-4"), ("seed", "1-4"))
    qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) == 2)
    qtbot.waitUntil(opened.engine.arrived.is_set)
    return page, hold


def test_stop_keeps_what_is_there_and_the_rest_is_made_once(saving: Opened, qtbot: QtBot) -> None:
    page, hold = begin_and_hold(saving, qtbot)
    button(saving, "Stop").click()
    hold.set()
    wait_until_idle(saving, qtbot)
    assert page.shown is not None
    before = dict(page.shown.pictures)
    assert len(before) == 2
    assert button(saving, "Rest").isEnabled()
    assert not button(saving, "Stop").isEnabled()
    button(saving, "Rest").click()
    assert not button(saving, "Rest").isEnabled()
    button(saving, "Rest").click()
    sheet = page.shown.sheet
    qtbot.waitUntil(lambda: set(before) <= set(on_sheet(sheet)))  # what is there is on the sheet, too
    finish(saving, qtbot)
    qtbot.waitUntil(lambda: on_sheet(sheet) == list(range(8)))
    grid, folder = read_grid(page.shown.sheet)
    assert {number: page.shown.pictures[number] for number in before} == before
    assert len([path for path in folder.glob("*.png") if path.name != SHEET]) == 8
    assert sorted(made(grid, folder)) == list(range(8))


@pytest.mark.parametrize("how", ["queue", "sheet"])
def test_a_grid_goes_on_after_a_restart(
    saving: Opened, open_window: Opener, qtbot: QtBot, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, hold = begin_and_hold(saving, qtbot)
    saving.window.session.background.closing_begun.connect(hold.set)
    assert page.shown is not None
    sheet, before = page.shown.sheet, set(page.shown.pictures)
    saving.window.close()
    assert before <= set(on_sheet(sheet))
    if how == "sheet":
        (saving.settings_store.folders.data / "queue.json").unlink()
    again = open_window(saves=True)
    page = page_of(again)
    if how == "sheet":
        again.window.session.queue.clear()
        choose = ask_with(sheet)
        monkeypatch.setattr("app.grid.page.ask_file", choose)
        button(again, "Open").click()
    qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) >= 2)
    assert page.rows[0].typed == ("steps", "3-4")
    button(again, "Rest").click()
    finish(again, qtbot)
    grid, folder = read_grid(sheet)
    assert sorted(made(grid, folder)) == list(range(8))
    assert len([path for path in folder.glob("*.png") if path.name != SHEET]) == 8


def test_a_killed_window_makes_the_rest_and_takes_up_the_picture_in_progress(
    open_window: Opener, make_session: MakeSession, qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    """A killed process leaves what the disk has in the middle of a picture."""
    first = open_window(saves=True)
    engine = first.engine
    first_picture = engine.holds[2] = threading.Event()
    page = begin(first, qtbot, ("steps", "4"), ("seed", "1-4"))
    qtbot.waitUntil(engine.arrived.is_set)
    engine.arrived.clear()
    hold = engine.holds[2] = threading.Event()  # for the second picture
    first_picture.set()
    qtbot.waitUntil(engine.arrived.is_set)
    qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) == 1)
    folders = first.settings_store.folders
    qtbot.waitUntil(lambda: [completed_calls(path) for path in folders.pictures.rglob(f"*{PART_SUFFIX}")] == [2])
    copy = tmp_path / "copy"
    shutil.copytree(folders.data.parent, copy, ignore=shutil.ignore_patterns("copy"))
    queue = copy / folders.data.name / "queue.json"
    queue.write_text(queue.read_text("utf-8").replace(str(folders.pictures), str(copy / folders.pictures.name)))
    del engine.holds[2]
    hold.set()
    again = Opener(Folders(*(copy / name for name in Folders.__dataclass_fields__)), make_session, qapp)
    try:
        second = again(saves=True)
        second.settings_store.change(pictures=copy / folders.pictures.name)
        assert "unfinished" not in second.subjects  # its film is the grid's
        page = page_of(second)
        qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) == 1)
        assert page.shown is not None
        button(second, "Rest").click()
        finish(second, qtbot)
        assert second.engine.calls == 4 * 3 - 2
        folder = page.shown.folder
        assert folder.is_relative_to(copy)
        qtbot.waitUntil(lambda: on_sheet(folder) == [0, 1, 2, 3])
        pictures = [path for path in page.shown.folder.glob("*.png") if path.name != SHEET]
        assert len({read_recipe(path).run for path in pictures}) == len(pictures) == 4
        assert all(film_path(path).exists() for path in pictures)
    finally:
        again.close()


def test_a_picture_that_was_removed_is_made_again(saving: Opened, qtbot: QtBot) -> None:
    page = begin(saving, qtbot, ("seed", "1-3"))
    finish(saving, qtbot)
    assert page.shown is not None
    page.shown.pictures[1].unlink()
    assert not button(saving, "Rest").isEnabled()
    with qtbot.waitSignal(saving.window.contents.places.page_changed):
        saving.window.contents.places.show_page(saving.window.contents.create)
    page_of(saving)
    qtbot.waitUntil(button(saving, "Rest").isEnabled)
    button(saving, "Rest").click()
    finish(saving, qtbot)
    grid, folder = read_grid(page.shown.folder)
    assert sorted(made(grid, folder)) == [0, 1, 2]


def test_a_picture_that_failed_is_tried_again_with_the_rest(saving: Opened, qtbot: QtBot) -> None:
    saving.engine.errors[1] = OutOfMemory("cpu", None, None)
    page = begin(saving, qtbot, ("seed", "1-3"))
    queue = saving.window.session.queue
    qtbot.waitUntil(lambda: queue.failed is not None and saving.window.session.state is RunState.idle)
    saving.engine.errors.clear()
    assert page.shown is not None
    qtbot.waitUntil(button(saving, "Rest").isEnabled)
    button(saving, "Rest").click()
    finish(saving, qtbot)
    assert queue.failed is None
    assert sorted(made(page.shown.grid, page.shown.folder)) == [0, 1, 2]


def test_pictures_that_were_taken_out_of_the_queue_are_part_of_the_rest(saving: Opened, qtbot: QtBot) -> None:
    hold = saving.engine.holds[1] = threading.Event()
    page = begin(saving, qtbot, ("seed", "1-3"))
    qtbot.waitUntil(saving.engine.arrived.is_set)
    saving.window.session.queue.clear()
    button(saving, "Stop").click()
    hold.set()
    qtbot.waitUntil(lambda: saving.window.session.state is RunState.idle)
    qtbot.waitUntil(button(saving, "Rest").isEnabled)
    button(saving, "Rest").click()
    finish(saving, qtbot)
    assert page.shown is not None
    assert sorted(made(page.shown.grid, page.shown.folder)) == [0, 1, 2]
