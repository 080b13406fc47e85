"""Films in the session: recorded, opened again, kept from and branched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.session.session import Session
from core.film.film import Film
from core.film.reader import SUFFIX
from core.pictures.picture import GeneratedImage
from core.runs.branch import Branch
from core.runs.operations import OpenedFilm, OpenFilm
from core.runs.recorder import FilmRecorder
from tests.app.conftest import Heard
from tests.fakes import FakeEngine

MakeSession = Callable[..., Session]
Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


def save_into(folder: Path) -> Callable[[GeneratedImage, Film, Path | None], Path]:
    """Saves nothing but the name, in the folder where films go too."""

    def save(image: GeneratedImage, _film: Film, _folder: Path | None) -> Path:
        return folder / f"{image.recipe.stage}.png"

    return save


def test_the_film_of_a_run_is_saved_beside_the_picture_and_opens_again(
    make_session: MakeSession, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    session = make_session(save=save_into(tmp_path), recorder=FilmRecorder(lambda: tmp_path / ".unfinished"))
    session.edit(seed=3)
    session.generate()
    settle(session)
    path = tmp_path / f"final{SUFFIX}"
    qtbot.waitUntil(path.exists)
    films: list[OpenedFilm] = []
    session.engine_tasks.submit("film", OpenFilm(path), films.append)
    qtbot.waitUntil(lambda: len(films) == 1)
    (opened,) = films
    assert opened.path == path
    assert opened.film.request.seed == 3
    assert len(opened.film.frames) == session.draft.steps


def test_a_film_that_is_none_is_told_and_the_session_lives_on(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot, tmp_path: Path
) -> None:
    session = make_session()
    heard = listen(session)
    (tmp_path / f"x{SUFFIX}").write_bytes(b"no film")
    session.engine_tasks.submit("film", OpenFilm(tmp_path / f"x{SUFFIX}"))
    qtbot.waitUntil(lambda: len(heard.all("failed")) == 1)
    session.generate()
    settle(session)
    assert heard.all("image_ready")


def test_a_branch_is_queued_behind_the_run_in_progress(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
) -> None:
    engine = FakeEngine()
    session = make_session(engine)
    listen(session)
    session.generate()
    settle(session)
    film = session.progress.film
    assert film is not None
    hold = threading.Event()
    engine.holds[3] = hold
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.branch(Branch(film, 4, replace(film.request, prompt="a blue house")))
    assert [run.operation.title for run in session.queue.runs] == ["a blue house"]
    hold.set()
    settle(session)
    assert len(engine.branches) == 1
    assert session.progress.film is not None
    assert session.progress.film.request.prompt == "a blue house"
    assert session.progress.film.is_complete


def test_what_stop_left_can_be_continued(make_session: MakeSession, settle: Settle, qtbot: QtBot) -> None:
    hold = threading.Event()
    engine = FakeEngine(holds={6: hold})
    session = make_session(engine)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.stop()
    hold.set()
    settle(session)
    stopped = session.progress.stopped_film
    assert stopped is not None
    session.continue_last()
    settle(session)
    assert [len(branch.film.frames) for branch in engine.branches] == [len(stopped.frames)]
    assert session.progress.stopped_film is None
    assert session.progress.film is not None
    assert session.progress.film.is_complete


def test_any_step_can_be_kept_as_what_the_model_saw_or_believed(
    make_session: MakeSession, settle: Settle, listen: Listen, qtbot: QtBot
) -> None:
    engine = FakeEngine()
    session = make_session(engine)
    heard = listen(session)
    session.generate()
    settle(session)
    film = session.progress.film
    assert film is not None
    session.keep(film, film.frames[2], "noisy")
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 2)
    assert [frame.call for frame in engine.kept] == [2]
