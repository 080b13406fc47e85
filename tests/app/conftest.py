"""A session with a fake engine, and a recorder for what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.session import background as background_module
from app.session import session as session_module
from app.session import worker_thread
from app.session.background import BackgroundTasks
from app.session.run import RunState, SavePicture
from app.session.session import Session
from core.embeddings.library import EmbeddingLibrary
from core.errors import SaveFailed
from core.film.film import Film
from core.lora.library import LoraLibrary
from core.pictures.picture import GeneratedImage
from core.runs.operations import Engine
from core.runs.recorder import FilmRecorder
from core.settings.engine_place import EnginePlace
from core.wildcards.library import WildcardLibrary
from tests.app.saved_pictures import loader, save_picture
from tests.fakes import FakeDrafts, FakeEngine, FakeModels
from tests.patience import LONGEST_MS

__all__ = ["loader", "save_picture"]


@dataclass
class FakeSaves:
    """Saves nothing, but says where to; fails for ``failures`` pictures, or in folders called *full*."""

    saved: list[tuple[GeneratedImage, Path | None]] = field(default_factory=list)
    failures: int = 0

    def __call__(self, image: GeneratedImage, film: Film | None, folder: Path | None) -> Path:
        if self.failures > 0 or (folder is not None and folder.name == "full"):
            self.failures -= 1
            raise SaveFailed(folder or Path("pictures"), "No space left on device")
        self.saved.append((image, folder))
        return (folder or Path("pictures")) / f"{len(self.saved)}.png"


@pytest.fixture
def saves() -> FakeSaves:
    return FakeSaves()


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[BackgroundTasks]:
    tasks = BackgroundTasks()
    yield tasks
    tasks.close()


@pytest.fixture(autouse=True)
def the_end_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a session end whatever a slow machine makes of it; the program itself gives up after seconds."""
    for module in (background_module, session_module, worker_thread):
        monkeypatch.setattr(module, "CLOSE_WITHIN_MS", LONGEST_MS)
    monkeypatch.setattr(worker_thread, "LAST_WORDS_MS", LONGEST_MS)


MakeSession = Callable[..., Session]


@pytest.fixture
def make_session(qtbot: QtBot, saves: FakeSaves) -> Iterator[MakeSession]:
    """Builds sessions; all are shut down at the end."""
    sessions: list[Session] = []

    def build(
        engine: FakeEngine | None = None,
        models: FakeModels | None = None,
        drafts: FakeDrafts | None = None,
        make_engine: Callable[[], Engine] | None = None,
        recorder: FilmRecorder | None = None,
        save: SavePicture | None = None,
        loras: Callable[[], LoraLibrary] | None = None,
        embeddings: Callable[[], EmbeddingLibrary] | None = None,
        wildcards: Callable[[], WildcardLibrary] | None = None,
        places: Callable[[], Sequence[EnginePlace]] = lambda: (EnginePlace(),),
        make_engine_at: Callable[[EnginePlace], Engine] | None = None,
    ) -> Session:
        fake = engine or FakeEngine()
        session = Session(
            models or FakeModels(),
            make_engine_at or (lambda _place: make_engine() if make_engine is not None else fake),
            save or saves,
            drafts or FakeDrafts(),
            recorder,
            loras=loras,
            embeddings=embeddings,
            wildcards=wildcards,
            places=places,
        )
        sessions.append(session)
        return session

    yield build
    for session in sessions:
        assert session.shutdown()


def wait_for_pictures(session: Session, qtbot: QtBot) -> None:
    """Waits until nothing runs, and until it has been told of each picture whether it was saved."""
    qtbot.waitUntil(lambda: session.state is RunState.idle)
    threads = [runner.worker_thread for runner in session.pool.runners]
    qtbot.waitUntil(lambda: not any(thread.worker.writing.is_saving for thread in threads))
    QApplication.processEvents()


@pytest.fixture
def settle(qtbot: QtBot) -> Callable[[Session], None]:
    """Waits until a session has nothing to do, and has told of all pictures."""

    def wait(session: Session) -> None:
        qtbot.waitUntil(lambda: session.state is RunState.idle and not session.queue.runs)
        wait_for_pictures(session, qtbot)

    return wait


SIGNALS = (
    "draft_edited",
    "models_changed",
    "state_changed",
    "phase_changed",
    "run_started",
    "stepped",
    "image_ready",
    "advanced",
    "rested",
    "run_ended",
    "picture_saved",
    "save_failed",
    "run_failed",
    "failed",
)


@dataclass
class Heard:
    """The signals of a session, in order, with the values that they carried."""

    said: list[tuple[str, object]] = field(default_factory=list)

    def names(self) -> list[str]:
        return [name for name, _ in self.said]

    def all(self, name: str) -> list[object]:
        return [value for said, value in self.said if said == name]


@pytest.fixture
def listen() -> Callable[[Session], Heard]:
    def start(session: Session) -> Heard:
        heard = Heard()

        def hear(name: str) -> Callable[..., None]:
            return lambda *values: heard.said.append((name, values[0] if values else None))

        for name in SIGNALS:
            getattr(session, name).connect(hear(name))
        return heard

    return start
