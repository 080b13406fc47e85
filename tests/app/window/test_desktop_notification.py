"""Who works elsewhere is told of the end of a long run, and of no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.window.desktop_notification import LONG_S, DesktopNotification, RunNotification
from core.errors import OutOfMemory
from core.paths import Folders
from tests.app.conftest import MakeSession
from tests.fakes import FakeEngine

Told = list[tuple[str, str]]


class Clock:
    """Goes on by ``jump`` seconds each time it is looked at."""

    def __init__(self, jump: float) -> None:
        self.now = 0.0
        self.jump = jump

    def __call__(self) -> float:
        self.now += self.jump
        return self.now


@pytest.fixture
def settings_store(tmp_path_factory: pytest.TempPathFactory) -> SettingsStore:
    folder = tmp_path_factory.mktemp("home")
    return SettingsStore(Folders(*(folder / name for name in Folders.__dataclass_fields__)))


@pytest.fixture
def follow(qtbot: QtBot, settings_store: SettingsStore) -> Callable[..., Told]:
    windows: list[QWidget] = []

    def start(session: Session, seconds: float) -> Told:
        told: Told = []
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        RunNotification(
            session, settings_store, window, lambda title, words: told.append((title, words)), Clock(seconds)
        )
        return told

    return start


def run(session: Session, qtbot: QtBot, count: int = 1) -> None:
    for _ in range(count):
        session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle and not session.queue.runs)


def test_a_long_run_is_told_without_its_prompt(
    make_session: MakeSession, follow: Callable[..., Told], qtbot: QtBot
) -> None:
    session = make_session()
    session.edit(prompt="a secret")
    told = follow(session, 200.0)
    run(session, qtbot)
    assert told == [("The picture is finished", "It took 3 min 20 s.")]


def test_a_short_run_is_not_told(make_session: MakeSession, follow: Callable[..., Told], qtbot: QtBot) -> None:
    session = make_session()
    told = follow(session, LONG_S - 1)
    run(session, qtbot)
    assert told == []


def test_a_queue_is_told_once_at_its_end(
    make_session: MakeSession, follow: Callable[..., Told], qtbot: QtBot
) -> None:
    session = make_session()
    told = follow(session, 60.0)
    run(session, qtbot, count=3)
    assert [title for title, _ in told] == ["3 pictures are finished"]


def test_a_failure_is_told_and_what_the_user_stopped_is_not(
    make_session: MakeSession, follow: Callable[..., Told], qtbot: QtBot
) -> None:
    session = make_session(FakeEngine(errors={1: OutOfMemory("cpu", None, None)}))
    told = follow(session, 60.0)
    run(session, qtbot)
    assert [title for title, _ in told] == ["The run has failed"]
    stopped = make_session()
    told_of_stopped = follow(stopped, 60.0)
    with qtbot.waitSignal(stopped.run_ended) as ended:
        stopped.single_step()
        stopped.stop()
    assert ended.args == [Ending.cancelled]
    qtbot.waitUntil(lambda: stopped.state is RunState.idle)
    assert told_of_stopped == []


def test_notices_can_be_switched_off(
    make_session: MakeSession, follow: Callable[..., Told], settings_store: SettingsStore, qtbot: QtBot
) -> None:
    session = make_session()
    settings_store.change(tell_when_done=False)
    told = follow(session, 60.0)
    run(session, qtbot)
    assert told == []


def test_where_the_desktop_has_no_tray_nothing_happens(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    DesktopNotification(window).show("The picture is finished", "It took 3 min.")
