"""The session's worker over an engine in its own process: the same story, and an end that loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.session.run import Ending, RunState
from app.session.session import Session
from core.film.film import Film
from core.film.reader import film_path
from core.film.stored import unfinished
from core.pictures.picture import GeneratedImage
from core.runs.events import Stepped
from core.runs.recorder import FilmRecorder
from tests.app.conftest import Heard, MakeSession
from tests.core.remote.processes import FAKE, Processes
from tests.fakes import FakeEngine

Listen = Callable[[Session], Heard]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path / "home", FAKE)
    yield found


def idle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: session.state is RunState.idle)


def test_a_run_is_told_as_by_an_engine_here(
    make_session: MakeSession, listen: Listen, processes: Processes, qtbot: QtBot
) -> None:
    stories: list[list[str]] = []
    for make in (FakeEngine, lambda: processes.engine(device="0")):
        session = make_session(make_engine=make)
        heard = listen(session)
        session.edit(steps=4)
        heard.said.clear()
        session.generate()
        idle(session, qtbot)
        qtbot.waitUntil(lambda heard=heard: "picture_saved" in heard.names())
        names = (name for name in heard.names() if name != "picture_saved")
        stories.append([name for name, _ in groupby(names)])  # not every step is told
    assert stories[0] == stories[1]


def test_pause_single_step_stop_and_going_on_are_the_same(
    make_session: MakeSession, processes: Processes, qtbot: QtBot
) -> None:
    session = make_session(make_engine=lambda: processes.engine(device="0.001"))
    session.edit(steps=8)
    calls: list[int] = []
    endings: list[Ending] = []

    def note(stepped: Stepped) -> None:
        calls.append(stepped.frame.call)

    session.stepped.connect(note)
    session.run_ended.connect(endings.append)
    for steps in range(1, 4):  # the first one begins the run
        session.single_step()
        qtbot.waitUntil(lambda steps=steps: len(calls) >= steps)
    qtbot.wait(200)
    assert calls == [0, 1, 2]
    assert session.state is RunState.paused
    session.stop()
    idle(session, qtbot)
    assert endings == [Ending.cancelled]
    session.continue_last()
    idle(session, qtbot)
    assert calls[-1] == 7
    assert endings == [Ending.cancelled, Ending.finished]
    assert len(processes.started) == 1


def test_a_killed_engine_ends_the_run_and_the_next_one_has_another(
    make_session: MakeSession, processes: Processes, qtbot: QtBot, tmp_path: Path
) -> None:
    films = tmp_path / "films"
    recorder = FilmRecorder(lambda: films)

    def save(_image: GeneratedImage, _film: Film | None, _folder: Path | None) -> Path:
        return tmp_path / "made.png"

    session = make_session(make_engine=lambda: processes.engine(device="0.03"), recorder=recorder, save=save)
    session.edit(steps=60)
    endings: list[Ending] = []
    session.run_ended.connect(endings.append)

    def kill(stepped: Stepped) -> None:
        if stepped.frame.call >= 5:  # not every step is told
            session.stepped.disconnect(kill)
            psutil.Process(processes.newest).kill()

    session.stepped.connect(kill)
    session.generate()
    qtbot.waitUntil(lambda: endings != [])
    idle(session, qtbot)
    assert endings == [Ending.failed]
    (failed,) = session.queue.entries
    assert failed.problem == "The engine has stopped"
    (part,) = unfinished(films)
    assert part.step > 5
    session.queue.try_again(failed.id)
    qtbot.waitUntil(lambda: endings[-1] is Ending.finished)
    assert session.queue.entries == ()
    assert len(processes.started) == 2
    assert not unfinished(films)
    qtbot.waitUntil(film_path(tmp_path / "made.png").is_file)
