"""The tree under the film: shown, clicked, reached by the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView
from pytestqt.qtbot import QtBot

from app.branches.area import BranchArea
from app.branches.delegate import ROW_PX
from app.branches.model import ROW_ROLE, BranchModel
from app.session.picture_loader import PictureLoader
from app.widgets.pixels import to_pixels
from core.pictures.metadata import read_recipe
from core.recipes.recipe import Parent
from core.runs.branch_tree import branch_tree
from tests.app.branches.conftest import SaveRun, recipe, tree_of
from tests.app.film.conftest import found


@pytest.fixture
def area(qtbot: QtBot, loader: PictureLoader) -> BranchArea:
    area = BranchArea(BranchModel(loader))
    qtbot.addWidget(area)
    area.resize(700, 200)
    with qtbot.waitExposed(area):
        area.show()
    return area


@pytest.fixture
def model(area: BranchArea) -> BranchModel:
    model = rows(area).model()
    assert isinstance(model, BranchModel)
    return model


def rows(area: BranchArea) -> QListView:
    return found(area, QListView, "branchTree")


def click(area: BranchArea, row: int, qtbot: QtBot) -> None:
    view = rows(area)
    place = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_click_opens_the_runs_picture(area: BranchArea, model: BranchModel, qtbot: QtBot) -> None:
    model.show_tree(tree_of("a", recipe("a"), recipe("b", Parent("a", 8, "prompt"))))
    with qtbot.waitSignal(area.opened) as opened:
        click(area, 1, qtbot)
    assert opened.args == [Path("b.png")]


def test_a_gap_cannot_be_opened(area: BranchArea, model: BranchModel, qtbot: QtBot) -> None:
    model.show_tree(tree_of("b", recipe("b", Parent("gone", 8, "prompt"))))
    with qtbot.assertNotEmitted(area.opened):
        click(area, 0, qtbot)
    area.grab()


def test_return_opens_what_the_arrow_keys_chose(area: BranchArea, model: BranchModel, qtbot: QtBot) -> None:
    model.show_tree(tree_of("a", recipe("a"), recipe("b", Parent("a", 8, "prompt"))))
    view = rows(area)
    assert view.currentIndex().row() == 0
    qtbot.keyClick(view, Qt.Key.Key_Down)
    with qtbot.waitSignal(area.opened) as opened:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [Path("b.png")]


def test_rows_have_their_pictures(area: BranchArea, model: BranchModel, save_run: SaveRun, qtbot: QtBot) -> None:
    paths = [save_run("a"), save_run("b", Parent("a", 8, "prompt"))]
    model.show_tree(branch_tree("b", [(path, read_recipe(path)) for path in paths]))
    qtbot.waitUntil(lambda: all(model.index(row).data(ROW_ROLE).thumbnail is not None for row in range(2)))
    image = area.grab().toImage()
    assert len({tuple(pixel) for pixel in to_pixels(image).reshape(-1, 3)[::7]}) > 50


def test_a_large_tree_scrolls_to_the_run_that_is_shown(area: BranchArea, model: BranchModel, qtbot: QtBot) -> None:
    branches = [recipe(f"{number:02}", Parent("a", 8, "prompt")) for number in range(40)]
    model.show_tree(tree_of("39", recipe("a"), *branches))
    view = rows(area)
    qtbot.waitUntil(lambda: view.viewport().rect().intersects(view.visualRect(model.index(40))))
    assert area.sizeHint().height() < 5 * ROW_PX


def test_hostile_texts_are_painted_as_they_are(area: BranchArea, model: BranchModel) -> None:
    strange = recipe("b", Parent("a", 8, "<b>x</b>\n" * 100), "<img src=x>\0\n" * 500)
    model.show_tree(tree_of("a", recipe("a", prompt=""), strange))
    area.grab()
