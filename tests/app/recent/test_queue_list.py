from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.recent.queue_list import MOST_ROWS, QueueList
from app.session.session import Session
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine


@pytest.fixture
def session(make_session: MakeSession) -> Iterator[Session]:
    """Its first picture waits in the first step until the test ends."""
    hold = threading.Event()
    yield make_session(FakeEngine(holds={0: hold}))
    hold.set()


@pytest.fixture
def queue(session: Session, qtbot: QtBot) -> QueueList:
    queue = QueueList(session)
    qtbot.addWidget(queue)
    assert queue.isHidden()
    return queue


def wait_for(queue: QueueList, qtbot: QtBot, *texts: str) -> None:
    qtbot.waitUntil(
        lambda: [label.text() for label in queue.findChildren(QLabel) if label.isVisible()] == list(texts)
    )


def test_waiting_requests_are_listed_and_can_be_removed(session: Session, queue: QueueList, qtbot: QtBot) -> None:
    for prompt in ("first", "second", "third"):
        session.edit(prompt=prompt)
        session.generate()
    wait_for(queue, qtbot, "Waiting (2)", "second", "third")
    button = queue.findChild(QToolButton)
    assert isinstance(button, QToolButton)
    button.click()
    wait_for(queue, qtbot, "Waiting (1)", "third")
    for run in session.queue.runs:
        session.queue.remove(run.id)
    assert queue.isHidden()


def test_a_long_queue_is_cut(session: Session, queue: QueueList, qtbot: QtBot) -> None:
    for _ in range(MOST_ROWS + 3):
        session.generate()
    prompt = session.draft.prompt
    wait_for(queue, qtbot, f"Waiting ({MOST_ROWS + 2})", *[prompt] * MOST_ROWS, "and 2 more")


def test_several_pictures_of_one_request_are_told(session: Session, queue: QueueList, qtbot: QtBot) -> None:
    session.generate()
    session.edit(prompt="a\nlighthouse", count=4)
    session.generate()
    wait_for(queue, qtbot, "Waiting (1)", "4 × a lighthouse")
