"""The page *Grid* in a whole window: planned, made, stopped, opened again, and each picture with its film."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.canvas.picture_actions import PictureAction
from app.grid.page import GridPage
from app.grid.table import PICTURE
from app.session.run import RunState
from core.film.reader import PART_SUFFIX, completed_calls, film_path
from core.grid.folder import SHEET, made, read_grid
from core.paths import Folders
from core.pictures.metadata import read_recipe
from tests.app.conftest import MakeSession
from tests.app.windows import Opened, Opener, open_window, opened, wait_until_idle

__all__ = ["open_window", "opened"]

AXES = (("steps", "3-4"), ("guidance", "1,4"), ("search-replace", "red,blue"))


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def page_of(opened: Opened) -> GridPage:
    contents = opened.window.contents
    contents.places.show_page(contents.grid)
    return contents.grid.widget


def button(opened: Opened, name: str) -> QPushButton:
    found = opened.child(f"grid{name}Button")
    assert isinstance(found, QPushButton)
    return found


def told(opened: Opened) -> str:
    label = opened.child("gridPlanText")
    assert isinstance(label, QLabel)
    return label.text()


def fill(opened: Opened, *axes: tuple[str, str]) -> GridPage:
    page = page_of(opened)
    for row, (kind, text) in zip(page.rows, axes, strict=False):
        row.kind.setCurrentIndex(row.kind.findData(kind))
        row.values.setText(text)
        row.values.textEdited.emit(text)
    return page


def begin(opened: Opened, qtbot: QtBot, *axes: tuple[str, str]) -> GridPage:
    opened.window.session.edit(prompt="a red house", seed=7)
    page = fill(opened, *axes)
    qtbot.waitUntil(button(opened, "Make").isEnabled)
    button(opened, "Make").click()
    qtbot.waitUntil(lambda: page.shown is not None)
    return page


def finish(opened: Opened, qtbot: QtBot) -> None:
    page = page_of(opened)
    qtbot.waitUntil(lambda: page.shown is not None and not page.shown.left)
    wait_until_idle(opened, qtbot)


def pictures_in(page: GridPage) -> list[bool]:
    table = page.table
    cells = [table.item(row, column) for column in range(table.columnCount()) for row in range(table.rowCount())]
    return [cell is not None and isinstance(cell.data(PICTURE), QImage) for cell in cells]


def test_a_grid_is_told_before_made_and_shown(saving: Opened, qtbot: QtBot) -> None:
    page = begin(saving, qtbot, *AXES)
    assert told(saving).startswith("2 x 2 x 2: 8 pictures, 28 steps, the time is not known yet")
    finish(saving, qtbot)
    table = page.table
    header = table.model().headerData
    across = [header(column, Qt.Orientation.Horizontal) for column in range(4)]
    assert across == ["red\nSteps 3", "red\nSteps 4", "blue\nSteps 3", "blue\nSteps 4"]
    down = [header(row, Qt.Orientation.Vertical) for row in range(2)]
    assert down == ["Guidance scale 1", "Guidance scale 4"]
    assert pictures_in(page) == [True] * 8
    words = table.model().index(1, 2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "Steps 3, Guidance scale 4, blue: finished"
    assert page.shown is not None
    sheet = page.shown.sheet
    qtbot.waitUntil(lambda: read_recipe(sheet).others.get("Y Values") == "1,4")
    assert all(film_path(path).exists() for path in page.shown.pictures.values())
    assert saving.window.session.times.speed.of_picture(page.shown.grid.request) is not None
    page.rows[0].values.textEdited.emit("")
    qtbot.waitUntil(lambda: ", about " in told(saving))


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ((("steps", "3,many"),), "“many” is not a possible number of steps"),
        ((("steps", "600"),), "600 is not a possible number of steps"),
        ((("search-replace", "green,blue"),), "“green” is not a possible first value"),
        ((("model", "gone"),), "gone"),
        ((("steps", "3"), ("steps", "4")), "on one axis only"),
        ((("steps", ""),), "values such as 10-50 (+10)"),
    ],
)
def test_what_cannot_be_made_is_said_beside_the_values(
    opened: Opened, qtbot: QtBot, axes: tuple[tuple[str, str], ...], words: str
) -> None:
    opened.window.session.edit(prompt="a red house")
    fill(opened, *axes)
    qtbot.waitUntil(lambda: words in told(opened))
    assert not button(opened, "Make").isEnabled()


def test_a_cell_opens_its_picture_and_the_one_in_progress_is_looked_at(saving: Opened, qtbot: QtBot) -> None:
    hold = saving.engine.holds[2] = threading.Event()
    page = begin(saving, qtbot, ("steps", "3-4"))
    qtbot.waitUntil(lambda: pictures_in(page)[0])  # a preview
    contents = saving.window.contents
    page.table.chosen.emit(0)
    assert contents.create.is_shown
    contents.places.show_page(contents.grid)
    page.table.chosen.emit(1)  # it has not begun
    assert contents.grid.is_shown
    del saving.engine.holds[2]
    hold.set()
    finish(saving, qtbot)
    with qtbot.waitSignal(page.picture_asked) as asked:
        page.table.setCurrentCell(0, 1)
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert page.shown is not None
    assert asked.args == [page.shown.pictures[1]]
    assert contents.create.is_shown
    qtbot.waitUntil(contents.create_page.recipe_card.isVisible)


def stop_after(opened: Opened, qtbot: QtBot, page: GridPage, count: int) -> None:
    qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) >= count)
    button(opened, "Stop").click()
    qtbot.waitUntil(lambda: opened.window.session.state is RunState.idle)


def test_stop_keeps_what_is_there_and_the_rest_is_made_once(saving: Opened, qtbot: QtBot) -> None:
    saving.engine.call_seconds = 0.02
    page = begin(saving, qtbot, ("steps", "3-4"), ("seed", "1-4"))
    stop_after(saving, qtbot, page, 2)
    assert page.shown is not None
    before = dict(page.shown.pictures)
    assert 2 <= len(before) < 8
    assert button(saving, "Rest").isEnabled()
    assert not button(saving, "Stop").isEnabled()
    button(saving, "Rest").click()
    assert not button(saving, "Rest").isEnabled()
    button(saving, "Rest").click()
    finish(saving, qtbot)
    grid, folder = read_grid(page.shown.sheet)
    assert {number: page.shown.pictures[number] for number in before} == before
    assert len([path for path in folder.glob("*.png") if path.name != SHEET]) == 8
    assert sorted(made(grid, folder)) == list(range(8))


@pytest.mark.parametrize("how", ["queue", "sheet"])
def test_a_grid_goes_on_after_a_restart(
    saving: Opened, open_window: Opener, qtbot: QtBot, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving.engine.call_seconds = 0.02
    page = begin(saving, qtbot, ("steps", "3-4"), ("seed", "1-4"))
    qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) >= 2)
    assert page.shown is not None
    sheet = page.shown.sheet
    saving.window.close()
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
    page = begin(first, qtbot, ("steps", "4"), ("seed", "1-4"))
    qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) >= 1)
    hold = first.engine.holds[2] = threading.Event()
    first.engine.arrived.clear()
    qtbot.waitUntil(first.engine.arrived.is_set)
    assert page.shown is not None
    done, folders = len(page.shown.pictures), first.settings_store.folders
    assert 1 <= done < 4
    qtbot.waitUntil(lambda: [completed_calls(path) for path in folders.pictures.rglob(f"*{PART_SUFFIX}")] == [2])
    copy = tmp_path / "copy"
    shutil.copytree(folders.data.parent, copy, ignore=shutil.ignore_patterns("copy"))
    queue = copy / folders.data.name / "queue.json"
    queue.write_text(queue.read_text("utf-8").replace(str(folders.pictures), str(copy / folders.pictures.name)))
    del first.engine.holds[2]
    hold.set()
    again = Opener(Folders(*(copy / name for name in Folders.__dataclass_fields__)), make_session, qapp)
    try:
        second = again(saves=True)
        second.settings_store.change(pictures=copy / folders.pictures.name)
        assert "unfinished" not in second.subjects  # its film is the grid's
        page = page_of(second)
        qtbot.waitUntil(lambda: page.shown is not None and len(page.shown.pictures) == done)
        assert page.shown is not None
        button(second, "Rest").click()
        finish(second, qtbot)
        assert second.engine.calls == 4 * (4 - done) - 2
        assert page.shown.folder.is_relative_to(copy)
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


def test_a_picture_of_a_grid_leads_to_it(saving: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    page = begin(saving, qtbot, ("seed", "1-2"))
    finish(saving, qtbot)
    assert page.shown is not None
    contents, picture = saving.window.contents, page.shown.pictures[1]
    menu = contents._commands.menu  # pyright: ignore[reportPrivateUsage]
    contents.places.show_page(contents.create)
    assert PictureAction.open_grid not in menu._of_file(tmp_path / "cat.png")  # pyright: ignore[reportPrivateUsage]
    with qtbot.waitSignal(saving.window.contents._services.grids.opened):  # pyright: ignore[reportPrivateUsage]
        menu._of_file(picture)[PictureAction.open_grid]()  # pyright: ignore[reportPrivateUsage]
    assert contents.grid.is_shown
    assert page.shown.pictures[1] == picture


def ask_with(answer: Path) -> Callable[..., None]:
    """Stands in for the system's dialog."""

    def ask(_parent: object, _title: str, take: Callable[[Path], object], _filters: object) -> None:
        take(answer)

    return ask


def test_a_picture_that_is_no_sheet_is_refused(
    opened: Opened, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(opened)
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(tmp_path / "cat.png"))
    monkeypatch.setattr("app.grid.page.ask_file", ask_with(tmp_path / "cat.png"))
    button(opened, "Open").click()
    qtbot.waitUntil(lambda: page.messages.subjects() == ("grid failed",))


def test_all_values_of_a_list_can_be_filled_in(opened: Opened) -> None:
    page = fill(opened, ("schedule", ""), ("emphasis", ""), ("steps", ""))
    opened.window.session.edit(sampler="dpmpp_2m")
    fills = [opened.child(f"grid{name}Fill") for name in "XYZ"]
    assert [fill.isEnabled() for fill in fills] == [True, True, False]
    for fill_in in fills:
        assert isinstance(fill_in, QPushButton)
        fill_in.click()
    assert page.rows[0].typed == ("schedule", "Uniform, Karras, Even")
    assert page.rows[1].typed == ("emphasis", "original, no_norm, ignore, none")
