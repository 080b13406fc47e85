"""Films and pictures are written beside the run, and nothing of them is lost however it ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.session.run import RunState
from app.session.session import Session
from app.session.write_thread import MOST_WAITING
from core.errors import SaveFailed
from core.film.film import Film
from core.film.reader import PART_SUFFIX, film_path, read_recording
from core.film.stored import unfinished
from core.pictures.picture import GeneratedImage
from core.runs.events import Event, Stepped
from core.runs.recorder import FilmRecorder
from tests.app.conftest import Heard, MakeSession
from tests.app.holding import hold_at
from tests.patience import LONGEST_S

Settle = Callable[[Session], None]
Listen = Callable[[Session], Heard]


class SlowDisk:
    """Saves a picture's seed when it may."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.may_write = threading.Event()

    def __call__(self, image: GeneratedImage, _film: Film, _folder: Path | None) -> Path:
        assert self.may_write.wait(LONGEST_S)
        path = self._folder / f"{image.request.seed}.png"
        path.write_text(str(image.request.seed))
        return path


@pytest.fixture
def disk(tmp_path: Path) -> SlowDisk:
    return SlowDisk(tmp_path)


@pytest.fixture
def recorder(tmp_path: Path) -> FilmRecorder:
    return FilmRecorder(lambda: tmp_path / ".unfinished")


def test_the_next_pictures_are_made_while_one_is_written_and_each_gets_its_film(
    make_session: MakeSession, disk: SlowDisk, recorder: FilmRecorder, qtbot: QtBot, settle: Settle, listen: Listen
) -> None:
    session = make_session(recorder=recorder, save=disk)
    heard = listen(session)
    session.edit(count=3, seed=7, steps=3)
    session.generate()
    session.generate()
    qtbot.waitUntil(lambda: len(heard.all("image_ready")) >= 4)
    assert not heard.all("picture_saved")
    disk.may_write.set()
    settle(session)
    assert len(heard.all("picture_saved")) == 6
    assert not heard.all("failed")
    folder = recorder.folder()
    assert folder is not None
    for seed in (7, 8, 9):
        film = read_recording(film_path(folder.parent / f"{seed}.png"))
        assert film.is_complete
        assert film.film.request.seed == seed
    assert not list(folder.iterdir())


def test_steps_are_made_while_those_before_them_are_written(
    make_session: MakeSession,
    disk: SlowDisk,
    recorder: FilmRecorder,
    qtbot: QtBot,
    settle: Settle,
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follow, may_write = recorder.follow, threading.Event()

    def wait(event: Event) -> None:
        assert not isinstance(event, Stepped) or may_write.wait(LONGEST_S)
        follow(event)

    monkeypatch.setattr(recorder, "follow", wait)
    session = make_session(recorder=recorder, save=disk)
    heard = listen(session)
    session.edit(seed=7, steps=20)
    session.generate()
    qtbot.waitUntil(lambda: len(heard.all("stepped")) >= 2)
    may_write.set()
    disk.may_write.set()
    settle(session)
    assert len(heard.all("stepped")) == 20


def test_a_window_that_closes_at_once_loses_neither_picture_nor_film(
    make_session: MakeSession, disk: SlowDisk, recorder: FilmRecorder, tmp_path: Path, qtbot: QtBot, listen: Listen
) -> None:
    session = make_session(recorder=recorder, save=disk)
    heard = listen(session)
    session.edit(seed=7)
    session.generate()
    qtbot.waitUntil(lambda: bool(heard.all("image_ready")))
    threading.Timer(0.2, disk.may_write.set).start()
    assert session.shutdown()
    assert (tmp_path / "7.png").is_file()
    assert read_recording(film_path(tmp_path / "7.png")).is_complete


def test_a_stopped_run_has_all_its_calls_on_the_disk_when_it_is_told(
    make_session: MakeSession, recorder: FilmRecorder, tmp_path: Path, qtbot: QtBot
) -> None:
    engine, hold = hold_at(30)
    session = make_session(engine, recorder=recorder)
    session.edit(seed=7, steps=100)
    on_disk: list[tuple[int, list[Path]]] = []

    def look() -> None:
        (part,) = (tmp_path / ".unfinished").glob(f"*{PART_SUFFIX}")
        on_disk.append((len(read_recording(part).calls), [run.path for run in unfinished(part.parent)]))

    session.run_ended.connect(look)
    session.generate()
    qtbot.waitUntil(engine.arrived.is_set)
    session.stop()
    hold.set()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    film = session.progress.stopped_film
    assert film is not None
    ((calls, free),) = on_disk
    assert calls == len(film.frames)
    assert len(free) == 1  # nobody writes it any more


def test_a_film_that_cannot_be_written_is_told_with_its_own_picture(
    make_session: MakeSession, disk: SlowDisk, tmp_path: Path, settle: Settle, listen: Listen
) -> None:
    places = [tmp_path / "file", tmp_path / ".unfinished", tmp_path / ".unfinished"]
    (tmp_path / "file").write_text("no folder")
    recorder = FilmRecorder(lambda: places[min(opened[0], 2)])
    opened = [0]
    session = make_session(recorder=recorder, save=disk)
    heard = listen(session)
    session.run_ended.connect(lambda: opened.__setitem__(0, 1))
    for seed in (7, 8):
        session.edit(seed=seed, steps=3)
        session.generate()
    disk.may_write.set()
    settle(session)
    assert len(heard.all("picture_saved")) == 2
    assert len(heard.all("failed")) == 1
    assert read_recording(film_path(tmp_path / "8.png")).is_complete


def test_a_picture_that_cannot_be_written_comes_back_after_its_run(
    make_session: MakeSession,
    recorder: FilmRecorder,
    tmp_path: Path,
    settle: Settle,
    listen: Listen,
    qtbot: QtBot,
) -> None:
    def save(image: GeneratedImage, _film: Film, folder: Path | None) -> Path:
        if folder is None:
            raise SaveFailed(tmp_path, "No space left on device")
        return folder / f"{image.request.seed}.png"

    session = make_session(recorder=recorder, save=save)
    heard = listen(session)
    session.edit(seed=7)
    session.generate()
    settle(session)
    session.edit(seed=8)
    session.generate()
    settle(session)
    assert [unsaved.image.request.seed for unsaved in session.unsaved] == [7, 8]
    session.save_again(tmp_path)
    qtbot.waitUntil(lambda: len(heard.all("picture_saved")) == 2)
    for seed in (7, 8):
        assert read_recording(film_path(tmp_path / f"{seed}.png")).is_complete


def test_a_picture_that_turns_out_unsaved_while_the_window_closes_is_known_before(
    make_session: MakeSession, tmp_path: Path, qtbot: QtBot
) -> None:
    may_fail = threading.Event()

    def save(_image: GeneratedImage, _film: Film, _folder: Path | None) -> Path:
        assert may_fail.wait(LONGEST_S)
        raise SaveFailed(tmp_path, "No space left on device")

    session = make_session(save=save)
    session.generate()
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    assert not session.unsaved
    threading.Timer(0.1, may_fail.set).start()
    session.settle_pictures()
    assert len(session.unsaved) == 1


RUN = """
import sys, threading
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.session.session import Session
from core.request.request import GenerationRequest, Size
from core.runs.events import Event, Stepped
from core.runs.recorder import FilmRecorder
from tests.fakes import FakeDrafts, FakeEngine, FakeModels

application = QCoreApplication([])
engine = FakeEngine(holds={90: threading.Event()})
drafts = FakeDrafts(GenerationRequest("a", model="starter-model", size=Size(64, 64), seed=7, steps=100))
session = Session(FakeModels(), lambda _place: engine, None, drafts, FilmRecorder(lambda: Path(sys.argv[1])))
session.stepped.connect(lambda stepped: print(stepped.frame.call + 1, flush=True))
session.generate()
application.exec()
"""


def test_a_killed_program_leaves_what_it_had_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(20)]
        process.kill()
    (run,) = unfinished(tmp_path)
    assert len(read_recording(run.path).calls) >= int(told[-1]) - MOST_WAITING
