"""The one place where events become state; views call its methods, follow its signals, and see no thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, Signal, Slot

from app.messages.errors import Message, message
from app.session.background import CLOSE_WITHIN_MS, BackgroundTasks
from app.session.device import Device
from app.session.draft_editor import Applied, DraftEditor, DraftStore, ModelSource, Untold
from app.session.early_choice import EarlyChoice
from app.session.engine_tasks import EngineTasks
from app.session.failed_run import picture_of_failure
from app.session.lora_selection import LoraSelection
from app.session.newest_step import NewestStep
from app.session.picture_times import PictureTimes
from app.session.queue import RunQueue
from app.session.run import Ending, RunState, SaveAgain, SavePicture, UnsavedPicture, WorkerState, as_set
from app.session.run_progress import RunProgress
from app.session.wildcards import Wildcards
from app.session.worker_thread import WorkerThread
from core.embeddings.library import EmbeddingLibrary
from core.errors import InvalidRequest
from core.film.film import Film, Frame
from core.lora.library import LoraLibrary
from core.recipes.recipe import Stage
from core.request.request import GenerationRequest
from core.request.settings import validate
from core.runs.branch import Branch
from core.runs.events import Advanced, Event, ImageReady, Loading, Phase, PreviewMode, Started, Stepped
from core.runs.operations import Engine, Generate, GenerateBranch, RenderFrame
from core.runs.recorder import FilmRecorder
from core.wildcards.library import WildcardLibrary

log = logging.getLogger(__name__)


class Session(QObject):
    """The state behind the window. Lives in the GUI thread; ask it to `shutdown` at the end.

    Attributes:
        state: what the worker does. phase: what the engine is busy with, None while it steps or rests.
        background, device, draft_editor, early_choice, engine_tasks, loras, progress, queue, times, wildcards,
            edit, model_of, refresh_models (of `DraftEditor`), settle_pictures (of `WorkerThread`): see there.
        preview_mode: of the next run. records_attention: the next run tells where its words act.
        unsaved: finished pictures that could not be written, see `save_again`.

    Signals:
        draft_edited: the new draft. models_changed: look again at those of the draft editor.
        state_changed: a `RunState`. phase_changed: a `Phase`, or None when it is over.
        run_started, stepped, image_ready: the engine's `Started`, `Stepped`, `ImageReady`; ``film`` is up to date.
        step_shown: the newest `Stepped`, as often as it can be seen; the last one before all that comes after it.
        advanced: `Advanced`, of an operation that is no picture's. rested: the run is paused and has a step.
        run_ended: an `Ending`; a failed run has said why by ``run_failed`` before.
        picture_saved, picture_enlarged: `SavedPicture`, see `Writing`. save_failed: a `Message`, of ``unsaved``.
        run_failed: a `Message`; the run waits in the queue. failed: a `Message`. noticed: one of what goes on.
    """

    draft_edited = Signal(object)
    models_changed = Signal()
    state_changed = Signal(object)
    phase_changed = Signal(object)
    preview_mode_changed = Signal(object)
    run_started = Signal(object)
    stepped = Signal(object)
    step_shown = Signal(object)
    image_ready = Signal(object)
    advanced = Signal(object)
    rested = Signal()
    run_ended = Signal(object)
    picture_saved = Signal(object)
    picture_enlarged = Signal(object)
    save_failed = Signal(object)
    run_failed = Signal(object)
    failed = Signal(object)
    noticed = Signal(object)

    def __init__(
        self,
        catalogue: ModelSource,
        make_engine: Callable[[], Engine],
        save: SavePicture,
        drafts: DraftStore,
        recorder: FilmRecorder | None = None,
        log_file: Path | None = None,
        loras: Callable[[], LoraLibrary] | None = None,
        embeddings: Callable[[], EmbeddingLibrary] | None = None,
        wildcards: Callable[[], WildcardLibrary] | None = None,
    ) -> None:
        """Starts the worker's thread, where ``make_engine`` is called; unforeseen errors point to ``log_file``."""
        super().__init__()
        self.background = BackgroundTasks(self)
        editor = self.draft_editor = DraftEditor(catalogue, drafts, self.background, self)
        editor.edited.connect(self.draft_edited)
        editor.models_changed.connect(self.models_changed)
        self.edit, self.model_of, self.refresh_models = editor.edit, editor.model_of, editor.refresh_models
        self.queue = RunQueue(self)
        self.queue.changed.connect(self._on_queue_changed)
        self.state = RunState.idle
        self.phase: Phase | None = None
        self.device = Device(self)
        self.progress = RunProgress()
        self.times = PictureTimes()
        self._newest_step = NewestStep(self)
        self._newest_step.shown.connect(self.step_shown)
        self.stepped.connect(self._newest_step.take)
        self.preview_mode = PreviewMode.automatic
        self.records_attention = False
        self.unsaved: tuple[UnsavedPicture, ...] = ()
        self._is_closing = self._begins_paused = False
        self._films = recorder.folder if recorder is not None else lambda: None
        self._thread = WorkerThread(make_engine, save, recorder, log_file)
        self.settle_pictures = self._thread.settle_pictures
        worker = self._thread.worker
        worker.happened.connect(self._on_happened)
        worker.state_changed.connect(self._on_worker_state_changed)
        worker.ended.connect(self._end)
        worker.noticed.connect(self.noticed)
        worker.writing.saved.connect(self.picture_saved)
        worker.writing.enlarged.connect(self.picture_enlarged)
        worker.writing.not_saved.connect(self._picture_not_saved)
        worker.writing.failed.connect(self.failed)
        self.engine_tasks = EngineTasks(self._thread, self)
        self.engine_tasks.failed.connect(self.failed)
        self.loras = LoraSelection(self.draft_editor, self.background, loras, self, embeddings)
        self.wildcards = Wildcards(self.background, wildcards, self)
        self.early_choice = EarlyChoice(lambda: self.progress.film, self.queue, self)
        self.run_ended.connect(self.early_choice.follow)
        self._thread.start()

    @property
    def draft(self) -> GenerationRequest:
        return self.draft_editor.draft

    def apply(self, request: GenerationRequest, untold: Untold = frozenset(), program: str = "") -> Applied:
        """Takes over a picture's settings as one undo step; those that it does not tell stay as they are."""
        own = {name: getattr(self.draft, name) for name in untold}
        resolved, missing = self.loras.resolved(replace(request, **own))
        return Applied(self.draft_editor.apply(resolved), missing, untold, self.draft_editor.weighed_by(program))

    def generate(self) -> None:
        """Queues the draft as it is now, once its files are there, and starts it when nothing else runs."""
        self.draft_editor.complete()
        if self.draft_editor.files.puts_off(self.single_step if self._begins_paused else self.generate):
            return
        try:
            validate(self.draft, self.draft_editor.limits)
        except InvalidRequest as error:
            self.failed.emit(message(error))
            return
        request = self.loras.fitting(self.draft)
        self.queue.add(Generate(request), self.early_choice.hold_after_of(request))

    def stop(self) -> None:
        """Ends the run after the step in progress, and holds the queue."""
        if self.state in (RunState.running, RunState.paused):
            self._set_state(RunState.stopping)
            self._thread.stop.emit()

    def pause(self) -> None:
        """Holds the run after the step in progress."""
        if self.state is RunState.running:
            self._set_state(RunState.paused)
            self.times.rest()
            self._thread.advance.emit(WorkerState.paused)

    def resume(self) -> None:
        if self.state is RunState.paused:
            self._set_state(RunState.running)
            self._thread.advance.emit(WorkerState.running)

    def single_step(self) -> None:
        """Pauses after one more step; starts the draft when nothing runs."""
        if self.state is RunState.idle:
            self._begins_paused = True
            self.generate()
            self._begins_paused = False
        if self.state in (RunState.running, RunState.paused):
            self._set_state(RunState.paused)
            self._thread.advance.emit(WorkerState.stepping)

    def keep_last(self) -> None:
        """Saves what the last Stop left as a picture."""
        if (film := self.progress.take_stopped()) is not None:
            self.keep(film, film.frames[-1], "denoised")

    def keep(self, film: Film, frame: Frame, stage: Stage) -> None:
        """Saves a frame as a picture: what the model believed in, or what it saw."""
        self.engine_tasks.submit(f"keep {film.run} {frame.call} {stage}", RenderFrame(film, frame, stage))

    def continue_last(self) -> None:
        """Takes up again what the last Stop left."""
        if (film := self.progress.take_stopped()) is None:
            return
        if self.queue.takes_up(film.run):
            self.queue.go_on()
        else:
            self.branch(Branch(film, len(film.frames), film.request))

    def branch(self, branch: Branch) -> None:
        """Queues a branch of an earlier run, and starts it when nothing else runs."""
        self.queue.add(GenerateBranch(branch))

    def save_again(self, folder: Path) -> None:
        """Writes the unsaved pictures into another folder."""
        pictures, self.unsaved = self.unsaved, ()
        for picture in pictures:
            self.engine_tasks.submit(f"save {picture.image.recipe}", SaveAgain(picture, folder))

    def set_preview_mode(self, mode: PreviewMode) -> None:
        """Takes effect with the next run."""
        self.preview_mode = mode
        self.preview_mode_changed.emit(mode)

    def shutdown(self) -> bool:
        """Keeps the draft, ends run, worker and background tasks; says whether they ended in time."""
        self._is_closing = True
        self.draft_editor.complete()
        deadline = QDeadlineTimer(CLOSE_WITHIN_MS)
        self._thread.shut_down()  # its step goes on while the others end
        has_ended = self.background.close(deadline)
        return self._thread.wait_for_end(deadline, is_saving=self.engine_tasks.close()) and has_ended

    @Slot()
    def _on_queue_changed(self) -> None:
        if self.state is RunState.idle and self.queue.running_id is None:
            self._begin_next(is_paused=self._begins_paused)

    def _begin_next(self, is_paused: bool) -> None:
        run = self.queue.take(is_paused=is_paused) if not self._is_closing else None
        if run is None:
            self._set_state(RunState.idle)
            return
        self._set_state(RunState.paused if is_paused else RunState.running)
        films, attended = self._films(), self.progress.attention_of
        operation = as_set(run.operation, self.preview_mode, films, attended, attention=self.records_attention)
        self._thread.begin.emit(replace(run, operation=operation))

    def _set_state(self, state: RunState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

    def _set_phase(self, phase: Phase | None) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit(phase)

    @Slot(object)
    def _on_happened(self, event: Event) -> None:
        if not isinstance(event, Stepped):
            self._newest_step.show()
        if isinstance(event, Started) and (run := self.queue.running) is not None and run.count > 1:
            event = replace(event, index=run.begun - 1, count=run.count)
        self._set_phase(event.phase if isinstance(event, Loading) else None)
        self.progress.follow(event)
        self.times.follow(event)
        self.loras.follow(event)
        signals = (self.run_started, self.stepped, self.image_ready, self.advanced)
        for kind, signal in zip((Started, Stepped, ImageReady, Advanced), signals, strict=True):
            if isinstance(event, kind):
                signal.emit(event)

    @Slot(object)
    def _on_worker_state_changed(self, state: WorkerState) -> None:
        self._newest_step.show()
        film = self.progress.film if self.progress.is_developing else None
        if state is WorkerState.paused and self.state is RunState.paused and film is not None and film.frames:
            self.rested.emit()

    @Slot(object, object)
    def _end(self, ending: Ending, problem: Message | None) -> None:
        self._newest_step.show()
        was_paused = self.state is RunState.paused
        self._set_phase(None)
        left = self.progress.end(ending)
        self.times.rest()
        if problem is None:
            self.queue.end(ending)
        else:
            again = GenerateBranch(Branch(left, len(left.frames), left.request)) if left is not None else None
            if (run := self.queue.running) is not None and run.operation.goes_on_by_itself:
                again = None  # by its next try
            self.queue.end(ending, problem.title, again)
            self.run_failed.emit(problem)
            if left is not None and (picture := picture_of_failure(left, problem)) is not None:
                self.engine_tasks.submit(f"failed {left.run}", picture, on_failure=partial(log.info, "%s"))
        self.run_ended.emit(ending)
        self._begin_next(is_paused=was_paused)

    @Slot(object)
    def _picture_not_saved(self, picture: UnsavedPicture) -> None:
        self.unsaved = (*self.unsaved, picture)
        self.save_failed.emit(picture.message)
