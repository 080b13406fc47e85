"""Finding the tree of a run in the background."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.branches.area import BranchReader
from app.session.background import BackgroundTasks
from core.recipes.recipe import Parent
from tests.app.branches.conftest import SaveRun


@pytest.fixture
def reader(background: BackgroundTasks, tmp_path: Path) -> BranchReader:
    return BranchReader(lambda: tmp_path, background)


def found(reader: BranchReader, run: str, qtbot: QtBot) -> list[str] | None:
    with qtbot.waitSignal(reader.found) as answer:
        reader.find(run)
    assert answer.args is not None
    tree = answer.args[1]
    return [known.run for known in tree.runs] if tree is not None else None


def told_of(reader: BranchReader) -> list[str]:
    """Returns the runs of the answers that come from now on."""
    runs: list[str] = []

    def note(run: str, _tree: object) -> None:
        runs.append(run)

    reader.found.connect(note)
    return runs


def test_the_tree_of_a_run_is_found(reader: BranchReader, save_run: SaveRun, qtbot: QtBot) -> None:
    save_run("a")
    save_run("b", Parent("a", 8, "prompt"))
    assert found(reader, "b", qtbot) == ["a", "b"]
    assert found(reader, "unknown", qtbot) is None


def test_a_picture_saved_meanwhile_is_found_too(reader: BranchReader, save_run: SaveRun, qtbot: QtBot) -> None:
    save_run("a")
    assert found(reader, "a", qtbot) == ["a"]
    save_run("b", Parent("a", 8, "prompt"))
    assert found(reader, "a", qtbot) == ["a", "b"]


def test_the_last_answer_is_about_the_newest_question(
    reader: BranchReader, save_run: SaveRun, qtbot: QtBot
) -> None:
    answers = told_of(reader)
    for number in range(10):
        save_run(str(number))
        reader.find(str(number))
    qtbot.waitUntil(lambda: bool(answers) and answers[-1] == "9")


def test_closing_ends_the_search(reader: BranchReader, background: BackgroundTasks, save_run: SaveRun) -> None:
    for number in range(20):
        save_run(str(number))
    answers = told_of(reader)
    reader.find("1")
    background.close()
    assert not answers
