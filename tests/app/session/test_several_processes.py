"""Two engines in processes of their own on the processor: the pictures of one, whatever is killed meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.session.run import RunState
from core.film.film import Film
from core.film.stored import unfinished
from core.paths import resources
from core.pictures.picture import GeneratedImage
from core.runs.events import Event, ImageReady
from core.runs.operations import Engine
from core.runs.recorder import FilmRecorder
from core.settings.engine_place import EnginePlace, PlaceKind
from tests.app.conftest import MakeSession
from tests.core.remote.processes import FAKE, REAL, Processes

PLACES = tuple(EnginePlace(PlaceKind.process, "cpu", label=f"Example {number}") for number in (1, 2))
LONG_MS = 120_000
KILLS = 6


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[dict[EnginePlace, Processes]]:
    yield {place: Processes(tmp_path / "home", FAKE) for place in PLACES}


def engine_at(processes: dict[EnginePlace, Processes], call_seconds: str, place: EnginePlace) -> Engine:
    return processes[place].engine(device=call_seconds)


def living(processes: dict[EnginePlace, Processes]) -> list[psutil.Process]:
    children = (child for made in processes.values() for child in made.started if child.is_alive)
    return [psutil.Process(child.number) for child in children]


def test_two_processes_make_the_pictures_that_one_makes(
    make_session: MakeSession, tmp_path: Path, qtbot: QtBot
) -> None:
    started = {place: Processes(tmp_path / "home", REAL) for place in PLACES}
    made: list[ImageReady] = []

    def make(place: EnginePlace) -> Engine:
        return started[place].engine(resources() / "models")

    def note(_runner: object, event: Event) -> None:
        if isinstance(event, ImageReady):
            made.append(event)

    places = list(PLACES[:1])
    session = make_session(make_engine_at=make, places=lambda: places)
    session.pool.happened.connect(note)
    session.edit(prompt="a red house by the sea", model="starter-model", steps=2, count=3, seed=7)
    session.generate()
    qtbot.waitUntil(lambda: len(made) == 3 and session.state is RunState.idle, timeout=LONG_MS)
    places.append(PLACES[1])
    session.pool.restart()
    session.generate()
    qtbot.waitUntil(lambda: len(made) == 6 and session.state is RunState.idle, timeout=LONG_MS)
    assert all(processes.started for processes in started.values())
    two = {ready.image.request.seed: ready for ready in made[3:]}
    for ready in made[:3]:
        other = two[ready.image.request.seed]
        assert np.array_equal(ready.image.pixels, other.image.pixels)
        pairs = zip(ready.film.frames, other.film.frames, strict=True)
        assert all(np.array_equal(frame.denoised, same.denoised) for frame, same in pairs)
        assert other.image.recipe.computed_by == other.film.computed_by != ""


def test_no_picture_is_lost_or_made_twice_while_engines_are_killed(
    make_session: MakeSession, processes: dict[EnginePlace, Processes], qtbot: QtBot, tmp_path: Path
) -> None:
    films, saved = tmp_path / "films", list[int | None]()

    def save(image: GeneratedImage, _film: Film | None, _folder: Path | None) -> Path:
        if image.recipe.stage == "final":
            saved.append(image.request.seed)
        return tmp_path / f"{len(saved)}-{image.recipe.stage}.png"

    session = make_session(
        make_engine_at=partial(engine_at, processes, "0.01"),
        places=lambda: PLACES,
        recorder=FilmRecorder(lambda: films),
        save=save,
    )
    chance, left = random.Random(3), KILLS
    session.edit(steps=30, count=10, seed=100)
    session.generate()
    for _ in range(1000):
        qtbot.wait(chance.randint(20, 400))
        if left and (alive := living(processes)):
            chance.choice(alive).kill()
            left -= 1
        if session.state is RunState.idle:  # what was lost twice, or is held after that
            if not session.queue.entries:
                break
            for entry in session.queue.entries:
                session.queue.try_again(entry.id)
            session.queue.go_on()
    assert left < KILLS
    session.settle_pictures()
    assert sorted(seed or 0 for seed in saved) == list(range(100, 110))
    assert not unfinished(films)
    assert session.shutdown()
    assert living(processes) == []


def test_closing_keeps_the_films_of_all_that_run(
    make_session: MakeSession, processes: dict[EnginePlace, Processes], qtbot: QtBot, tmp_path: Path
) -> None:
    films = tmp_path / "films"
    session = make_session(
        make_engine_at=partial(engine_at, processes, "0.02"),
        places=lambda: PLACES,
        recorder=FilmRecorder(lambda: films),
    )
    session.edit(steps=200, count=3)
    session.generate()
    qtbot.waitUntil(
        lambda: all(runner.stepped and runner.stepped.frame.call >= 3 for runner in session.pool.runners),
        timeout=LONG_MS,
    )
    assert session.shutdown()
    assert len(unfinished(films)) == 2
    assert living(processes) == []
