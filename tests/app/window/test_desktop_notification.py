"""Who works elsewhere is told of the end of a long run, and of no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Studio
from app.session.settings_store import SettingsKeeper
from app.window.desktop_notification import LONG_S, DesktopNotice, RunNotice
from core.errors import OutOfMemory
from core.paths import Folders
from tests.app.conftest import MakeStudio
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
def keeper(tmp_path_factory: pytest.TempPathFactory) -> SettingsKeeper:
    folder = tmp_path_factory.mktemp("home")
    return SettingsKeeper(Folders(*(folder / name for name in Folders.__dataclass_fields__)))


@pytest.fixture
def follow(qtbot: QtBot, keeper: SettingsKeeper) -> Callable[..., Told]:
    windows: list[QWidget] = []

    def start(studio: Studio, seconds: float) -> Told:
        told: Told = []
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        RunNotice(studio, keeper, window, lambda title, words: told.append((title, words)), Clock(seconds))
        return told

    return start


def run(studio: Studio, qtbot: QtBot, count: int = 1) -> None:
    for _ in range(count):
        studio.generate()
    qtbot.waitUntil(lambda: studio.state is RunState.idle and not studio.queue, timeout=5000)


def test_a_long_run_is_told_without_its_prompt(
    make_studio: MakeStudio, follow: Callable[..., Told], qtbot: QtBot
) -> None:
    studio = make_studio()
    studio.edit(prompt="a secret")
    told = follow(studio, 200.0)
    run(studio, qtbot)
    assert told == [("The picture is finished", "It took 3 min 20 s.")]


def test_a_short_run_is_not_told(make_studio: MakeStudio, follow: Callable[..., Told], qtbot: QtBot) -> None:
    studio = make_studio()
    told = follow(studio, LONG_S - 1)
    run(studio, qtbot)
    assert told == []


def test_a_queue_is_told_once_at_its_end(
    make_studio: MakeStudio, follow: Callable[..., Told], qtbot: QtBot
) -> None:
    studio = make_studio()
    told = follow(studio, 60.0)
    run(studio, qtbot, count=3)
    assert [title for title, _ in told] == ["3 pictures are finished"]


def test_a_failure_is_told_and_what_the_user_stopped_is_not(
    make_studio: MakeStudio, follow: Callable[..., Told], qtbot: QtBot
) -> None:
    studio = make_studio(FakeEngine(errors={1: OutOfMemory("cpu", None, None)}))
    told = follow(studio, 60.0)
    run(studio, qtbot)
    assert [title for title, _ in told] == ["The run has failed"]
    stopped = make_studio()
    told_of_stopped = follow(stopped, 60.0)
    with qtbot.waitSignal(stopped.run_ended) as ended:
        stopped.single_step()
        stopped.stop()
    assert ended.args == [Ending.cancelled]
    qtbot.waitUntil(lambda: stopped.state is RunState.idle)
    assert told_of_stopped == []


def test_notices_can_be_switched_off(
    make_studio: MakeStudio, follow: Callable[..., Told], keeper: SettingsKeeper, qtbot: QtBot
) -> None:
    studio = make_studio()
    keeper.change(tell_when_done=False)
    told = follow(studio, 60.0)
    run(studio, qtbot)
    assert told == []


def test_where_the_desktop_has_no_tray_nothing_happens(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    DesktopNotice(window).show("The picture is finished", "It took 3 min.")
