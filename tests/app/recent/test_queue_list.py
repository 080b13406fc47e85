"""The rows of the queue: one for each request, and what can be done with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.recent.queue_list import MOST_ROWS, ROW_PX, STOP_PX, QueueList
from app.recent.queue_model import DETAIL_ROLE, PICTURE_ROLE, RUNNER_ROLE
from app.session.run import RunState
from app.session.session import Session
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine


@dataclass
class Held:
    """A session whose pictures wait at their fourth step, and its queue."""

    session: Session
    engine: FakeEngine
    hold: threading.Event
    queue: QueueList

    def add(self, prompt: str, count: int = 1) -> None:
        self.session.edit(prompt=prompt, count=count)
        self.session.generate()

    def rows(self, role: int = Qt.ItemDataRole.DisplayRole) -> list[object]:
        model = self.queue.view.model()
        return [model.index(row, 0).data(role) for row in range(model.rowCount())]

    def heading(self) -> str:
        label = self.queue.findChild(QLabel, "queueHeading")
        assert label is not None
        return label.accessibleName()

    def press(self, name: str) -> None:
        button = self.queue.findChild(QPushButton, name)
        assert button is not None
        button.click()

    def choose(self, row: int, action: str) -> None:
        run = self.session.queue.entries[row]
        actions = {words.partition("\t")[0]: work for words, work in self.queue.view.actions_for(run)}
        actions[action]()


@pytest.fixture
def held(make_session: MakeSession, qtbot: QtBot) -> Iterator[Held]:
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold})
    session = make_session(engine)
    queue = QueueList(session)
    qtbot.addWidget(queue)
    assert queue.isHidden()
    yield Held(session, engine, hold, queue)
    hold.set()


def test_one_picture_alone_needs_no_queue(held: Held) -> None:
    held.add("first")
    assert held.queue.isHidden()


def test_each_request_has_one_row_with_its_progress(held: Held) -> None:
    held.add("a\nlighthouse", count=15)
    held.add("second")
    assert not held.queue.isHidden()
    assert held.rows() == ["a lighthouse", "second"]
    assert held.rows(DETAIL_ROLE) == ["1 of 15 · 20 steps", "20 steps"]
    assert held.heading() == "15 waiting"


def test_the_latest_step_is_the_picture_of_the_row(held: Held, qtbot: QtBot) -> None:
    held.add("a lighthouse", count=2)
    qtbot.waitUntil(held.engine.arrived.is_set)
    qtbot.waitUntil(lambda: isinstance(held.rows(PICTURE_ROLE)[0], QImage))


def test_rows_are_removed_duplicated_moved_and_edited(held: Held) -> None:
    for prompt in ("first", "second", "third", "fourth"):
        held.add(prompt)
    held.choose(1, "Duplicate")
    assert held.rows() == ["first", "second", "second", "third", "fourth"]
    held.choose(2, "Remove")
    held.choose(3, "Move up")
    assert held.rows() == ["first", "second", "fourth", "third"]
    held.choose(1, "Move down")
    assert held.rows() == ["first", "fourth", "second", "third"]
    held.choose(2, "Edit")
    assert held.rows() == ["first", "fourth", "third"]
    assert held.session.draft.prompt == "second"


def test_a_row_is_dragged_to_another_place(held: Held) -> None:
    for prompt in ("first", "second", "third", "fourth"):
        held.add(prompt)
    model = held.queue.view.model()
    drag = model.mimeData([model.index(3, 0)])
    assert not model.dropMimeData(drag, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert held.rows() == ["first", "fourth", "second", "third"]
    drag = model.mimeData([model.index(1, 0)])
    model.dropMimeData(drag, Qt.DropAction.MoveAction, -1, -1, QModelIndex())
    assert held.rows() == ["first", "second", "third", "fourth"]


def test_the_keyboard_moves_and_removes_and_stays_at_the_row(held: Held, qtbot: QtBot) -> None:
    for prompt in ("first", "second", "third"):
        held.add(prompt)
    view = held.queue.view
    view.setCurrentIndex(view.model().index(2, 0))
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert held.rows() == ["first", "third", "second"]
    assert view.currentIndex().row() == 1
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert held.rows() == ["first", "second"]


def test_stop_offers_to_go_on_and_clear_takes_all_away(held: Held, qtbot: QtBot) -> None:
    held.add("a lighthouse", count=4)
    qtbot.waitUntil(held.engine.arrived.is_set)
    assert held.queue.findChild(QPushButton, "queueGoOnButton").isHidden()  # pyright: ignore
    held.session.stop()
    held.hold.set()
    qtbot.waitUntil(lambda: held.session.state is RunState.idle)
    assert held.heading() == "3 waiting"
    held.press("queueGoOnButton")
    qtbot.waitUntil(lambda: len(held.engine.requests) == 4 and held.session.state is RunState.idle)
    assert held.queue.isHidden()
    held.engine.holds.clear()


def test_a_thousand_requests_scroll_and_are_cleared(held: Held) -> None:
    for number in range(1000):
        held.session.edit(prompt=str(number))
        held.session.generate()
    assert held.heading() == "999 waiting"
    assert held.queue.view.height() <= MOST_ROWS * ROW_PX + 4
    held.press("queueClearButton")
    assert held.queue.isHidden()


@pytest.fixture
def spread(make_session: MakeSession, qtbot: QtBot) -> Iterator[Held]:
    """A queue whose pictures are made in two places at once."""
    hold = threading.Event()
    engine = FakeEngine(holds={3: hold})
    places = (EnginePlace(), EnginePlace(PlaceKind.process, "cpu"))
    session = make_session(engine, places=lambda: places)
    queue = QueueList(session)
    qtbot.addWidget(queue)
    yield Held(session, engine, hold, queue)
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_each_picture_in_progress_has_a_row_with_its_place(spread: Held, qtbot: QtBot) -> None:
    spread.add("a house", count=3)
    qtbot.waitUntil(lambda: all(runner.stepped for runner in spread.session.pool.runners))
    runners = spread.session.pool.runners
    assert spread.rows(RUNNER_ROLE) == [*runners, None]
    details = [str(detail) for detail in spread.rows(DETAIL_ROLE)]
    assert details[0].startswith("Engine 1 · ")
    assert details[1].startswith("Engine 2 · ")
    assert details[2].startswith("2 of 3")
    assert "Engine 2 (Processor (CPU))" in str(spread.rows(Qt.ItemDataRole.ToolTipRole)[1])
    assert not spread.queue.isHidden()


def test_a_click_on_a_running_row_shows_it_and_one_on_its_sign_stops_it(spread: Held, qtbot: QtBot) -> None:
    spread.add("a house")
    spread.add("a boat")
    qtbot.waitUntil(lambda: all(runner.stepped for runner in spread.session.pool.runners))
    view, (first, second) = spread.queue.view, spread.session.pool.runners
    spread.queue.resize(300, 300)
    spread.queue.show()
    row = view.visualRect(view.model().index(1, 0))
    with qtbot.waitSignal(spread.queue.live_asked):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    assert spread.session.pool.followed is second
    end = QPoint(row.right() - STOP_PX // 2, row.center().y())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert (first.state, second.state) == (RunState.running, RunState.stopping)
    spread.hold.set()
