"""A grid in the queue: each picture is a run of its own, saved in the grid's folder, and made once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session.run import RunState
from app.session.session import Session
from core.errors import OutOfMemory
from core.film.reader import PART_SUFFIX
from core.grid.grid import Grid
from core.grid.operation import MakeGrid
from core.grid.planning import plan
from core.request.request import GenerationRequest
from core.runs.recorder import FilmRecorder
from tests.app.conftest import FakeSaves, MakeSession
from tests.app.holding import hold_at
from tests.fakes import FakeEngine

Settle = Callable[[Session], None]
PLACE = Path("grid")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The grid's folder lies in the test's own: films are put beside its pictures."""
    monkeypatch.chdir(tmp_path)
    PLACE.mkdir()


@pytest.fixture
def grid() -> Grid:
    return plan(GenerationRequest("a house", seed=7, steps=4), [("seed", "7-9"), ("guidance", "1,4")])


def made(saves: FakeSaves, grid: Grid) -> list[int | None]:
    assert {folder for _, folder in saves.saved} <= {PLACE}
    return [grid.number_of(image.recipe.run) for image, _ in saves.saved]


def test_each_picture_is_a_run_and_goes_into_the_folder(
    make_session: MakeSession, saves: FakeSaves, settle: Settle, grid: Grid
) -> None:
    session = make_session()
    session.queue.add(MakeGrid(grid, PLACE, grid.order))
    assert [run.count for run in session.queue.entries] == [6]
    settle(session)
    assert made(saves, grid) == list(grid.order)
    assert not session.queue.entries


@pytest.mark.parametrize("how", ["queue", "continue"])
def test_stop_keeps_what_is_there_and_the_rest_is_made_once(
    make_session: MakeSession, saves: FakeSaves, settle: Settle, grid: Grid, qtbot: QtBot, tmp_path: Path, how: str
) -> None:
    engine = FakeEngine()
    hold = engine.holds_in_all[11] = threading.Event()
    session = make_session(engine, recorder=FilmRecorder(lambda: tmp_path))
    session.queue.add(MakeGrid(grid, PLACE, grid.order))
    qtbot.waitUntil(engine.arrived.is_set)
    session.stop()
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    qtbot.waitUntil(lambda: len(saves.saved) == 2)
    calls = engine.calls
    assert len(list(tmp_path.glob(f"*{PART_SUFFIX}"))) == 1
    (waiting,) = session.queue.held
    assert waiting.left == 4  # the one that was stopped, too
    session.queue.go_on() if how == "queue" else session.continue_last()
    settle(session)
    assert made(saves, grid) == list(grid.order)
    assert engine.calls - calls == 4 * 4 - 3  # three of its calls were on the disk


def test_a_picture_that_fails_does_not_stop_the_others_and_is_tried_again(
    make_session: MakeSession, saves: FakeSaves, settle: Settle, grid: Grid, qtbot: QtBot
) -> None:
    engine, hold = hold_at(0)
    session = make_session(engine)
    session.queue.add(MakeGrid(grid, PLACE, grid.order))
    qtbot.waitUntil(engine.arrived.is_set)
    engine.errors[1] = OutOfMemory("cpu", 1, 1)
    next_picture = engine.holds[0] = threading.Event()
    with qtbot.waitSignal(session.run_failed):
        hold.set()
    del engine.errors[1]
    next_picture.set()
    qtbot.waitUntil(lambda: len(saves.saved) >= 4)
    session.queue.go_on()
    settle(session)
    failed = session.queue.failed
    assert failed is not None
    assert isinstance(failed.operation, MakeGrid)
    missing = [number for number in grid.order if number not in made(saves, grid)]
    assert list(failed.operation.numbers) == missing[:1] == missing
    session.queue.try_again(failed.id)
    settle(session)
    assert sorted(number for number in made(saves, grid) if number is not None) == sorted(grid.order)


def test_the_film_of_a_waiting_grid_is_offered_by_nobody_else(make_session: MakeSession, grid: Grid) -> None:
    session = make_session()
    session.queue.take_back(())
    assert not session.queue.takes_up(grid.run_of(3))
    session.queue.add(MakeGrid(grid, PLACE, grid.order), is_on_hold=True)
    assert session.queue.takes_up(grid.run_of(3))
    assert not session.queue.takes_up("0" * 32)
    session.queue.clear()
    assert not session.queue.takes_up(grid.run_of(3))
