"""The one worker: drains one generator of the engine at a time in its own thread, and saves what comes out.

The next event is asked for by a posted call to itself, so that between any two events everything that the
window asked for meanwhile is served first: stop, pause, an task. There are no flags in the engine
and no locks here; while paused nothing is posted and the thread sleeps.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from app.messages.errors import Message, message
from app.session.run import (
    Ending,
    Engine,
    EngineTask,
    FrameRequest,
    OpenedFilm,
    Run,
    SavedPicture,
    SavePicture,
    UnsavedPicture,
)
from core.errors import EmulsionError
from core.film.attention_file import SUFFIX as ATTENTION_SUFFIX
from core.film.attention_file import read_attention
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.film.reader import SUFFIX as FILM_SUFFIX
from core.film.reader import read_recording
from core.pictures.picture import GeneratedImage
from core.runs.events import Event, ImageReady, Loading, Phase, Started, Stepped
from core.runs.recorder import FilmRecorder

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Worker(QObject):
    """Serves one run at a time. All slots run in the worker's thread; call them by queued signals.

    Signals:
        happened: an `Event` of the run.
        rested: paused with a run in hand; the next event is not asked for.
        ended: an `Ending`; always the last word about a run.
        failed: a `Message`, before ``ended`` when it is the run that failed.
        saved, not_saved: `SavedPicture`, `UnsavedPicture`.
        done: an `EngineTask` and its result. not_done: an `EngineTask` and a `Message`. film_opened: `OpenedFilm`.
    """

    happened = Signal(object)
    rested = Signal()
    ended = Signal(object)
    failed = Signal(object)
    saved = Signal(object)
    not_saved = Signal(object)
    done = Signal(object, object)
    not_done = Signal(object, object)
    film_opened = Signal(object)
    _posted = Signal()

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        save: SavePicture,
        recorder: FilmRecorder | None,
        log_file: Path | None,
    ) -> None:
        super().__init__()
        self._make_engine = make_engine
        self._save_picture = save
        self._recorder = recorder
        self._log_file = log_file
        self._engine: Engine | None = None
        self._events: Generator[Event, None, None] | None = None
        self._has_more_pictures = False
        self._is_paused = False
        self._is_single_step = False
        self._hold_after: int | None = None
        self._steps: tuple[int, ...] = ()
        self._engine_tasks: dict[str, EngineTask] = {}
        self._was_errand = False
        self._has_posted = False
        self._is_outdated = False
        self._posted.connect(self._proceed, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def begin(self, run: Run) -> None:
        """Starts a run; the one before must have ended."""
        self._events = self._events_of(run)
        self._is_paused = run.is_paused
        self._hold_after = run.hold_after
        self._is_single_step = False
        self._post()

    @Slot()
    def pause(self) -> None:
        self._is_paused = True
        if self._events is not None:
            self.rested.emit()

    @Slot()
    def resume(self) -> None:
        self._is_paused = False
        self._is_single_step = False
        self._post()

    @Slot()
    def single_step(self) -> None:
        """Goes on to the end of the next step, or to the finished picture when no step is left."""
        self._is_paused = False
        self._is_single_step = True
        self._post()

    @Slot()
    def stop(self) -> None:
        """Ends the run where it is. A run that has ended by itself meanwhile has said so already."""
        if self._events is not None:
            self._end(Ending.cancelled)

    @Slot(object)
    def do(self, task: EngineTask) -> None:
        """Runs a task after the current event; replaces a waiting task of the same kind."""
        self._engine_tasks[task.kind] = task
        self._post()

    @Slot(str)
    def leave(self, kind: str) -> None:
        """A waiting task of this kind is no longer wanted."""
        self._engine_tasks.pop(kind, None)

    @Slot(object)
    def keep(self, look: FrameRequest) -> None:
        """Makes a picture of this frame, and saves it."""
        match self._attempt(lambda: self._engine_now().keep(look.film, look.frame, look.stage)):
            case GeneratedImage() as image:
                self._save(image, look.film, None)
            case Message() as text:
                self.failed.emit(text)

    @Slot()
    def renew(self) -> None:
        """The next run begins with a new engine: another device has been chosen."""
        self._is_outdated = True

    @Slot(object, object)
    def save_again(self, picture: UnsavedPicture, folder: Path) -> None:
        self._save(picture.image, picture.film, folder)

    @Slot(object)
    def open_film(self, path: Path) -> None:
        """Reads a film and rebuilds its latents; needs the engine's library, but no model."""
        match self._attempt(lambda: self._engine_now().replay(read_recording(path))):
            case Message() as text:
                self.failed.emit(text)
            case film:
                self.film_opened.emit(OpenedFilm(path, film, self._attention_beside(path, film.run)))

    @Slot()
    def shut_down(self) -> None:
        """Ends the run, frees the engine and leaves the thread's event loop."""
        self.stop()
        self._engine_tasks.clear()
        engine, self._engine = self._engine, None
        if engine is not None:
            self._attempt(engine.close)
        QThread.currentThread().quit()

    @Slot()
    def _proceed(self) -> None:
        """One task or one event, in turns when both are wanted, then back to the event loop."""
        self._has_posted = False
        is_running = self._events is not None and not self._is_paused
        if self._engine_tasks and not (is_running and self._was_errand):
            self._was_errand = True
            self._run_errand()
        elif is_running:
            self._was_errand = False
            self._take_event()
        if self._engine_tasks or (self._events is not None and not self._is_paused):
            self._post()

    def _post(self) -> None:
        if not self._has_posted:
            self._has_posted = True
            self._posted.emit()

    def _events_of(self, run: Run) -> Generator[Event, None, None]:
        if self._is_outdated and self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._engine is None:
            yield Loading(Phase.importing)
        engine = self._engine_now()
        if run.branch is None:
            events = engine.generate(run.request, run.previews, run.attention)
        else:
            events = engine.branch(run.branch, run.previews, run.attention)
        yield from self._recorder.record(events) if self._recorder is not None else events

    def _engine_now(self) -> Engine:
        if self._engine is None:
            self._engine = self._make_engine()
            self._is_outdated = False
        return self._engine

    def _attention_beside(self, film: Path, run: str) -> AttentionRecord | None:
        """A damaged one costs the view of the words, not the film."""
        path = film.with_name(film.name.removesuffix(FILM_SUFFIX) + ATTENTION_SUFFIX)
        found = self._attempt(lambda: read_attention(path, run)) if path.exists() else None
        return found if isinstance(found, AttentionRecord) else None

    def _take_event(self) -> None:
        events = self._events
        assert events is not None
        match self._attempt(lambda: next(events, None)):
            case None:
                self._end(Ending.finished)
            case Message() as text:
                self.failed.emit(text)
                self._end(Ending.failed)
            case event:
                self.happened.emit(event)
                self._follow(event)

    def _follow(self, event: Event) -> None:
        match event:
            case Started():
                self._has_more_pictures = event.index + 1 < event.count
                self._steps = event.film.schedule.steps
            case Stepped() if self._hold_after is not None and event.frame.step + 1 >= self._hold_after:
                self._hold(event)
            case Stepped() if self._is_single_step:
                self.pause()
            case ImageReady():
                self._save(event.image, event.film, None)
                if self._is_single_step and self._has_more_pictures:
                    self.pause()
            case _:
                pass

    def _hold(self, stepped: Stepped) -> None:
        """At the last call of the step, so that the run can be taken up between two steps."""
        steps = self._steps
        is_last_call = stepped.frame.call + 1 == len(steps) or steps[stepped.frame.call + 1] > stepped.frame.step
        if is_last_call:
            self._end(Ending.held)

    def _end(self, ending: Ending) -> None:
        events, self._events = self._events, None
        if events is not None:
            self._attempt(events.close)
        self._is_paused = self._is_single_step = False
        self.ended.emit(ending)

    def _run_errand(self) -> None:
        """The one that waits longest."""
        task = self._engine_tasks.pop(next(iter(self._engine_tasks)))
        match self._attempt(lambda: task.work(self._engine_now())):
            case Message() as text:
                self.not_done.emit(task, text)
            case result:
                self.done.emit(task, result)

    def _save(self, image: GeneratedImage, film: Film, folder: Path | None) -> None:
        match self._attempt(lambda: self._save_picture(image, film, folder)):
            case Message() as text:
                self.not_saved.emit(UnsavedPicture(image, film, text))
            case path:
                self._put_film_beside(image.recipe.run, path)
                self.saved.emit(SavedPicture(path, image))

    def _put_film_beside(self, run: str, path: Path) -> None:
        recorder = self._recorder
        if recorder is None:
            return
        problem = self._attempt(lambda: recorder.put_beside(run, path))
        if recorder.problem is not None:
            problem, recorder.problem = message(recorder.problem), None
        if isinstance(problem, Message):
            self.failed.emit(problem)

    def _attempt(self, work: Callable[[], Result]) -> Result | Message:
        """The one broad except: whatever goes wrong becomes a message, and its tensors are let go."""
        try:
            return work()
        except EmulsionError as error:
            log.info("%s", error)
            return message(error)
        except Exception as error:
            log.exception("unexpected")
            return message(error, self._log_file)
