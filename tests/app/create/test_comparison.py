"""Comparing runs and steps in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.compare.compare_view import CompareView
from app.film.film_panel import FilmPanel
from core.film.reader import film_path
from tests.app.create.test_branch_controller import branch, generate
from tests.app.film.conftest import found
from tests.app.windows import Opened, Opener, open_window

__all__ = ["open_window"]


@pytest.fixture
def opened(open_window: Opener) -> Opened:
    return open_window(saves=True)


def view_of(opened: Opened) -> CompareView:
    return opened.window.contents.create_page.compare


def panel_of(opened: Opened) -> FilmPanel:
    panel = opened.child("filmPanel")
    assert isinstance(panel, FilmPanel)
    return panel


def is_comparing(opened: Opened) -> bool:
    return opened.window.contents.create_page.is_comparing


def compare(opened: Opened, picture: Path, qtbot: QtBot) -> None:
    """Compares by the action of the strip's menu."""
    commands = opened.window.contents._commands  # pyright: ignore[reportPrivateUsage]
    commands.menu.compare_asked.emit(picture)
    qtbot.waitUntil(lambda: is_comparing(opened))


def choose(opened: Opened, text: str) -> None:
    """An entry of the menu below the film."""
    button = opened.window.contents.create_page.findChild(QToolButton, "compareButton")
    assert button is not None
    menu = button.menu()
    menu.aboutToShow.emit()
    action = next(action for action in menu.actions() if action.text() == text)
    assert action.isEnabled()
    action.trigger()


def states(opened: Opened) -> list[str]:
    return [picture.state for picture in view_of(opened).pictures]


def words(opened: Opened) -> tuple[str, str]:
    view = view_of(opened)
    differences = found(view, QLabel, "compareDifferences").accessibleName()  # whole, where the text is cut
    return differences, found(view, QLabel, "compareNote").text()


def test_both_films_move_with_the_scrubber(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    qtbot.waitUntil(lambda: words(opened)[1] == "Synced by step")
    panel_of(opened).select(4)
    assert states(opened) == ["step 5 of 20 · preview"] * 2
    qtbot.waitUntil(lambda: states(opened) == ["step 5 of 20 · decoded"] * 2)
    assert words(opened)[0] == "Differ in: seed 99 → 42"


def test_at_the_end_the_finished_pictures_are_there_at_once(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    qtbot.waitUntil(lambda: states(opened) == ["step 20 of 20 · decoded"] * 2)
    assert opened.engine.decoded == []


def test_other_numbers_of_steps_are_locked_by_noise_and_say_so(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    opened.window.session.edit(steps=10)
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    qtbot.waitUntil(lambda: words(opened)[1].startswith("Synced by noise level"))
    panel_of(opened).select(0)
    assert states(opened) == ["step 1 of 10 · σ 14.0 · preview", "step 1 of 20 · σ 14.0 · preview"]
    panel_of(opened).select(9)
    assert [state.split(" · σ")[0] for state in states(opened)] == ["step 10 of 10", "step 20 of 20"]


def test_a_branch_tells_where_it_left_its_parent(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    branch(opened, qtbot, 8, guidance_scale=7.0)
    button = opened.child("branchesButton")
    qtbot.waitUntil(lambda: not button.isHidden())
    choose(opened, "With the run it branched from")
    qtbot.waitUntil(lambda: is_comparing(opened))
    assert words(opened)[0] == "B branches off A at step 9: guidance scale 4 → 7"


def test_the_tree_gives_way_to_a_comparison_and_comes_back(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    branch(opened, qtbot, 8, guidance_scale=7.0)
    area = opened.child("branchArea")
    qtbot.waitUntil(lambda: not area.isHidden())
    compare(opened, first, qtbot)
    assert area.isHidden()
    view_of(opened).closed.emit()
    assert not area.isHidden()


def test_swapping_turns_pictures_and_differences_round(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    names = [picture.name for picture in view_of(opened).pictures]
    view_of(opened).swap_asked.emit()
    assert [picture.name for picture in view_of(opened).pictures] == names[::-1]
    assert words(opened)[0] == "Differ in: seed 42 → 99"


def test_a_pinned_step_stays_while_the_other_moves(opened: Opened, qtbot: QtBot) -> None:
    generate(opened, qtbot)
    panel_of(opened).select(3)
    choose(opened, "Other steps of this run (pin this one)")
    assert is_comparing(opened)
    panel_of(opened).select(10)
    assert states(opened) == ["step 4 of 20 · preview", "step 11 of 20 · preview"]
    qtbot.waitUntil(lambda: states(opened) == ["step 4 of 20 · decoded", "step 11 of 20 · decoded"])
    assert words(opened) == ("Two steps of one run", "A is pinned, the scrubber moves the other")


def test_a_picture_without_a_film_stands_still(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    film_path(first).unlink()
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    panel_of(opened).select(4)
    qtbot.waitUntil(lambda: states(opened) == ["step 5 of 20 · decoded", "finished"])
    assert words(opened)[1] == "B has no film"


def test_steps_can_be_laid_against_their_own_finished_picture(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    compare(opened, first, qtbot)
    panel_of(opened).select(4)
    qtbot.waitUntil(lambda: states(opened) == ["step 5 of 20 · decoded", "finished"])
    assert words(opened)[1] == "B is a picture of the same run"


def test_a_broken_film_is_told_and_the_picture_is_compared(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    generate(opened, qtbot, seed=99)
    film_path(first).write_bytes(b"broken")
    with qtbot.waitSignal(opened.window.session.failed):
        compare(opened, first, qtbot)
    assert states(opened)[1] == "finished"


def test_a_file_that_is_no_picture_is_told(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    generate(opened, qtbot)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"broken")
    commands = opened.window.contents._commands  # pyright: ignore[reportPrivateUsage]
    commands.menu.compare_asked.emit(broken)
    qtbot.waitUntil(lambda: bool(opened.subjects))
    assert not is_comparing(opened)


@pytest.mark.parametrize("way", ["closed", "opened", "generated"])
def test_it_ends_when_something_else_is_looked_at(opened: Opened, qtbot: QtBot, way: str) -> None:
    first = generate(opened, qtbot)
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    match way:
        case "closed":
            view_of(opened).closed.emit()
        case "opened":
            opened.window.contents.create_page.strip.chosen.emit(first)
        case _:
            generate(opened, qtbot, seed=7)
    qtbot.waitUntil(lambda: not is_comparing(opened))
    button = opened.window.contents.create_page.findChild(QToolButton, "compareButton")
    assert button is not None
    assert not button.isChecked()


def test_nothing_is_compared_with_an_empty_canvas(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    button = opened.window.contents.create_page.findChild(QToolButton, "compareButton")
    assert button is not None
    button.menu().aboutToShow.emit()
    assert [action.text() for action in button.menu().actions() if action.isEnabled() and action.text()] == []


def test_the_menu_zooms_the_canvas_or_the_comparison(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    actions = {action.text(): action for action in opened.window.findChildren(QAction)}
    canvas = opened.window.contents.create_page.canvas
    actions["Actual size (100 %)"].trigger()
    actions["Zoom in"].trigger()
    assert canvas.zoom == 1.25
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    actions["Actual size (100 %)"].trigger()
    assert view_of(opened).panes[0].zoom == 1.0
    assert canvas.zoom != 1.0


def test_painting_a_mask_ends_it(opened: Opened, qtbot: QtBot) -> None:
    first = generate(opened, qtbot)
    generate(opened, qtbot, seed=99)
    compare(opened, first, qtbot)
    commands, page = opened.window.contents._commands, opened.window.contents.create_page  # pyright: ignore[reportPrivateUsage]
    commands.tools.paint_mask(first)
    qtbot.waitUntil(lambda: page.is_painting)
    assert not commands._comparison.is_active  # pyright: ignore[reportPrivateUsage]
    page.mask_editor.closed.emit()
    compare(opened, first, qtbot)
