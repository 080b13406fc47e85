"""The tree of branches in the window: with runs as they end, and with pictures that are opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QListView, QToolButton
from pytestqt.qtbot import QtBot

from app.branches.area import BranchArea
from app.branches.model import BranchModel
from app.film.film_panel import FilmPanel
from app.session.run import SavedPicture
from core.film.reader import film_path
from core.runs.branch import Branch
from core.runs.branch_tree import BranchTree
from tests.app.windows import Opened, Opener, open_window, wait_until_idle

__all__ = ["open_window"]


def area_of(opened: Opened) -> BranchArea:
    area = opened.child("branchArea")
    assert isinstance(area, BranchArea)
    return area


def tree_of(opened: Opened) -> BranchTree | None:
    rows = opened.child("branchTree")
    assert isinstance(rows, QListView)
    model = rows.model()
    assert isinstance(model, BranchModel)
    return model.tree


def button_of(opened: Opened) -> QToolButton:
    button = opened.child("branchesButton")
    assert isinstance(button, QToolButton)
    return button


def runs(opened: Opened) -> list[str]:
    tree = tree_of(opened)
    return [run.run for run in tree.runs] if tree is not None else []


def generate(opened: Opened, qtbot: QtBot, seed: int = 42) -> Path:
    session = opened.window.session
    session.edit(seed=seed)
    with qtbot.waitSignal(session.picture_saved) as saved:
        session.generate()
    wait_until_idle(opened, qtbot)
    return path_in(saved.args)


def branch(opened: Opened, qtbot: QtBot, call: int, **changes: object) -> Path:
    """Branches from the film that the panel shows."""
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    film = panel.film
    assert film is not None
    request = replace(film.request, **changes)  # pyright: ignore[reportArgumentType]
    opened.window.session.branch(Branch(film, call, request))
    with qtbot.waitSignal(opened.window.session.picture_saved) as saved:
        pass
    wait_until_idle(opened, qtbot)
    return path_in(saved.args)


def path_in(args: list[object] | None) -> Path:
    assert args is not None
    saved = args[0]
    assert isinstance(saved, SavedPicture)
    return saved.path


@pytest.fixture
def opened(open_window: Opener) -> Opened:
    opened = open_window(saves=True)
    assert area_of(opened).isHidden()
    assert button_of(opened).isHidden()
    return opened


def test_a_run_without_branches_has_no_tree(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    qtbot.wait(100)
    assert button_of(opened).isHidden()


def test_the_tree_is_there_as_soon_as_a_branch_is_saved(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    branch(opened, qtbot, 8, prompt="a blue house")
    qtbot.waitUntil(lambda: runs(opened) == ["run-42", "branch-1"])
    assert not area_of(opened).isHidden()
    assert button_of(opened).text() == "Branches 2"
    tree = tree_of(opened)
    assert tree is not None
    assert tree.runs[tree.current].run == "branch-1"


def test_who_closed_the_tree_does_not_get_it_again_by_itself(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    branch(opened, qtbot, 8, prompt="a blue house")
    qtbot.waitUntil(lambda: not area_of(opened).isHidden())
    button_of(opened).click()
    branch(opened, qtbot, 12, prompt="a green house")
    qtbot.waitUntil(lambda: len(runs(opened)) == 3)
    assert area_of(opened).isHidden()
    button_of(opened).click()
    assert not area_of(opened).isHidden()


def test_a_click_in_the_tree_opens_picture_and_film(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    assert film_path(first).is_file()
    branch(opened, qtbot, 8, prompt="a blue house")
    qtbot.waitUntil(lambda: len(runs(opened)) == 2)
    area_of(opened).opened.emit(first)
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    qtbot.waitUntil(lambda: panel.film is not None and panel.film.run == "run-42")
    qtbot.waitUntil(lambda: (tree := tree_of(opened)) is not None and tree.current == 0)


def test_another_run_has_another_tree_or_none(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    branch(opened, qtbot, 8, prompt="a blue house")
    qtbot.waitUntil(lambda: len(runs(opened)) == 2)
    generate(opened, qtbot, seed=99)
    qtbot.waitUntil(lambda: button_of(opened).isHidden())
    assert area_of(opened).isHidden()


def test_a_later_start_finds_the_tree_on_the_disk(open_window: Opener, qtbot: QtBot) -> None:
    first = open_window(saves=True)
    picture = generate(first, qtbot)
    branch(first, qtbot, 8, prompt="a blue house")
    first.window.close()
    second = open_window(saves=True)
    second.window.contents.create_page.strip.chosen.emit(picture)
    qtbot.waitUntil(lambda: runs(second) == ["run-42", "branch-1"])
    assert not button_of(second).isHidden()


def test_the_tree_makes_room_for_views(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    branch(opened, qtbot, 8, prompt="a blue house")
    qtbot.waitUntil(lambda: not area_of(opened).isHidden())
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    panel.open_views(("noisy",))
    assert area_of(opened).isHidden()
    button_of(opened).click()
    assert not panel.transport.views.isChecked()
