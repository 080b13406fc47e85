"""The page *Grid* in a whole window: planned, made, shown, and each picture with its film."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.canvas.picture_actions import PictureAction
from core.film.reader import film_path
from core.pictures.metadata import read_recipe
from core.request.settings.emphasis import MODES
from core.runs.events import ImageReady
from tests.app.grid.grid_pages import ask_with, begin, button, fill, finish, page_of, pictures_in, told
from tests.app.windows import Opened, Opener, open_window, opened

__all__ = ["open_window", "opened"]

AXES = (("steps", "3-4"), ("guidance", "1,4"), ("search-replace", "red,blue"))


@pytest.fixture
def saving(open_window: Opener) -> Opened:
    return open_window(saves=True)


def test_a_grid_is_told_before_made_and_shown(saving: Opened, qtbot: QtBot) -> None:
    page = begin(saving, qtbot, *AXES)
    assert told(saving).startswith("2 × 2 × 2: 8 pictures, 28 steps, time not known yet")
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
        ((("steps", ""),), "Values for “Steps” are missing, such as 10-50 (+10)."),
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


def test_a_cell_whose_picture_is_not_saved_yet_opens_it_then(saving: Opened, qtbot: QtBot) -> None:
    hold = saving.engine.holds[2] = threading.Event()
    page = begin(saving, qtbot, ("steps", "3-4"))
    asked: list[Path] = []
    page.picture_asked.connect(asked.append)

    def choose(_ready: ImageReady) -> None:
        assert page.shown is not None
        assert not page.shown.pictures
        saving.window.session.image_ready.disconnect(choose)
        page.table.chosen.emit(0)

    saving.window.session.image_ready.connect(choose)
    hold.set()
    finish(saving, qtbot)
    assert page.shown is not None
    assert asked == [page.shown.pictures[0]]


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
    assert page.rows[1].typed == ("emphasis", ", ".join(MODES))
