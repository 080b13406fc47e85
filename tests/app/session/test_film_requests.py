"""Films in the studio: recorded, opened again, kept from and branched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.session.run import OpenedFilm
from app.session.session import Studio
from core.film.film import Film
from core.film.reader import SUFFIX
from core.pictures.picture import GeneratedImage
from core.runs.branch import Branch
from core.runs.recorder import FilmRecorder
from tests.app.conftest import Heard
from tests.fakes import FakeEngine

MakeStudio = Callable[..., Studio]
Settle = Callable[[Studio], None]
Listen = Callable[[Studio], Heard]


def save_into(folder: Path) -> Callable[[GeneratedImage, Film, Path | None], Path]:
    """Saves nothing but the name, in the folder where films go too."""

    def save(image: GeneratedImage, _film: Film, _folder: Path | None) -> Path:
        return folder / f"{image.stage}.png"

    return save


def test_the_film_of_a_run_is_saved_beside_the_picture_and_opens_again(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot, tmp_path: Path
) -> None:
    studio = make_studio(save=save_into(tmp_path), recorder=FilmRecorder(lambda: tmp_path / ".unfinished"))
    heard = listen(studio)
    studio.edit(seed=3)
    studio.generate()
    settle(studio)
    path = tmp_path / f"final{SUFFIX}"
    qtbot.waitUntil(path.exists)
    studio.films.open(path)
    qtbot.waitUntil(lambda: len(heard.all("opened")) == 1)
    (opened,) = heard.all("opened")
    assert isinstance(opened, OpenedFilm)
    assert opened.path == path
    assert opened.film.request.seed == 3
    assert len(opened.film.frames) == studio.draft.steps


def test_a_film_that_is_none_is_told_and_the_studio_lives_on(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot, tmp_path: Path
) -> None:
    studio = make_studio()
    heard = listen(studio)
    (tmp_path / f"x{SUFFIX}").write_bytes(b"no film")
    studio.films.open(tmp_path / f"x{SUFFIX}")
    qtbot.waitUntil(lambda: len(heard.all("failed")) == 1)
    studio.generate()
    settle(studio)
    assert heard.all("image_ready")


def test_a_branch_is_queued_behind_the_run_in_progress(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
) -> None:
    engine = FakeEngine()
    studio = make_studio(engine)
    listen(studio)
    studio.generate()
    settle(studio)
    film = studio.film
    assert film is not None
    hold = threading.Event()
    engine.holds[3] = hold
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.branch(Branch(film, 4, replace(film.request, prompt="a blue house")))
    assert [run.request.prompt for run in studio.queue] == ["a blue house"]
    hold.set()
    settle(studio)
    assert len(engine.branches) == 1
    assert studio.film is not None
    assert studio.film.request.prompt == "a blue house"
    assert studio.film.is_complete


def test_what_stop_left_can_be_continued(make_studio: MakeStudio, settle: Settle, qtbot: QtBot) -> None:
    hold = threading.Event()
    engine = FakeEngine(holds={6: hold})
    studio = make_studio(engine)
    studio.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    studio.stop()
    hold.set()
    settle(studio)
    stopped = studio.stopped_film
    assert stopped is not None
    studio.continue_last()
    settle(studio)
    assert [len(branch.film.frames) for branch in engine.branches] == [len(stopped.frames)]
    assert studio.stopped_film is None
    assert studio.film is not None
    assert studio.film.is_complete


def test_any_step_can_be_kept_as_what_the_model_saw_or_believed(
    make_studio: MakeStudio, settle: Settle, listen: Listen, qtbot: QtBot
) -> None:
    engine = FakeEngine()
    studio = make_studio(engine)
    heard = listen(studio)
    studio.generate()
    settle(studio)
    film = studio.film
    assert film is not None
    studio.films.keep(film, film.frames[2], "noisy")
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 2)
    assert [frame.call for frame in engine.kept] == [2]
