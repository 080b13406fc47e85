"""The one place where events become state; views call its methods, follow its signals, and see no thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, Signal, Slot

from app.messages.computers import only_there, with_computers
from app.messages.errors import Message, message
from app.messages.places import place_text
from app.messages.runs import goes_on_elsewhere
from app.session.background import CLOSE_WITHIN_MS, BackgroundTasks
from app.session.device import Device
from app.session.draft_editor import Applied, DraftEditor, DraftStore, ModelSource, Untold
from app.session.early_choice import EarlyChoice
from app.session.engine_pool import EnginePool
from app.session.engine_tasks import EngineTasks
from app.session.failed_run import picture_of_failure
from app.session.lora_selection import LoraSelection
from app.session.picture_times import PictureTimes
from app.session.queue import RunQueue
from app.session.run import Ending, Run, RunState, SaveAgain, SavePicture, UnsavedPicture, as_set
from app.session.run_progress import RunProgress
from app.session.runner import Runner
from app.session.wildcards import Wildcards
from core.embeddings.library import EmbeddingLibrary
from core.errors import InvalidRequest
from core.film.film import Film, Frame
from core.lora.library import LoraLibrary
from core.recipes.recipe import Stage
from core.request.request import GenerationRequest
from core.request.settings import validate
from core.runs.branch import Branch, rest_of
from core.runs.events import Advanced, Event, ImageReady, Phase, PreviewMode, Started, Stepped
from core.runs.operations import Engine, Generate, GenerateBranch, RenderFrame
from core.runs.recorder import FilmRecorder
from core.settings.engine_place import EnginePlace
from core.wildcards.library import WildcardLibrary

log = logging.getLogger(__name__)


class Session(QObject):
    """The state behind the window. Lives in the GUI thread; ask it to `shutdown` at the end.

    Attributes:
        state, phase, progress: of the run that the window shows, see `Runner`; idle only if nothing is made.
        background, device, draft_editor, early_choice, engine_tasks, loras, pool, queue, times, wildcards,
            edit, model_of, refresh_models (of `DraftEditor`), settle_pictures, stop, pause, resume (of
            `EnginePool`): see there.
        preview_mode: of the next run. records_attention: the next run tells where its words act.
        unsaved: finished pictures that could not be written, see `save_again`.

    Signals: those from ``state_changed`` to ``run_ended`` tell of the run that the window shows; `EnginePool` has
        the same of all runs.
        draft_edited: the new draft. models_changed: look again at those of the draft editor.
        state_changed: a `RunState`. phase_changed: a `Phase`, or None when it is over.
        run_started, stepped, image_ready: the engine's `Started`, `Stepped`, `ImageReady`; ``film`` is up to date.
            Another run is shown as if it had just come as far as it is.
        step_shown: see `Runner`.
        advanced: `Advanced`, of an operation that is no picture's. rested: the run is paused and has a step.
        run_ended: an `Ending`; a failed run has said why by ``run_failed`` before.
        picture_saved, picture_enlarged: `SavedPicture`, see `Writing`. save_failed: a `Message`, of ``unsaved``.
        run_failed: a `Message`; the run waits in the queue. failed: a `Message`. noticed: one of what goes on.
    """

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
    save_failed = Signal(object)
    run_failed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        catalogue: ModelSource,
        make_engine: Callable[[EnginePlace], Engine],
        save: SavePicture,
        drafts: DraftStore,
        recorder: FilmRecorder | None = None,
        log_file: Path | None = None,
        loras: Callable[[], LoraLibrary] | None = None,
        embeddings: Callable[[], EmbeddingLibrary] | None = None,
        wildcards: Callable[[], WildcardLibrary] | None = None,
        places: Callable[[], Sequence[EnginePlace]] = lambda: (EnginePlace(),),
    ) -> None:
        """Starts a worker's thread for each of the ``places``, where ``make_engine`` is called.

        Unforeseen errors point to ``log_file``.
        """
        super().__init__()
        self.background = BackgroundTasks(self)
        editor = self.draft_editor = DraftEditor(catalogue, drafts, self.background, self)
        self.draft_edited, self.models_changed = editor.edited, editor.models_changed
        self.edit, self.model_of, self.refresh_models = editor.edit, editor.model_of, editor.refresh_models
        self.queue = RunQueue(self)
        self.draft_edited.connect(self.queue.follow_draft)
        self.state = RunState.idle
        self.phase: Phase | None = None
        self.device = Device(self, lambda: places()[0])
        self.times = PictureTimes()
        self.preview_mode = PreviewMode.automatic
        self.records_attention = False
        self.unsaved: tuple[UnsavedPicture, ...] = ()
        self._films = recorder.folder if recorder is not None else lambda: None
        work = make_engine, places, save, recorder, log_file
        pool = self.pool = EnginePool(self.queue, *work, self._as_set, editor.can_make, self)
        self.settle_pictures, self.stop = pool.settle_pictures, pool.stop
        self.pause, self.resume = pool.pause, pool.resume
        pool.changed.connect(self._on_pool_changed)
        pool.follow_changed.connect(self._on_follow_changed)
        pool.happened.connect(self._on_happened)
        pool.followed_happened.connect(self._on_followed_happened)
        pool.step_shown.connect(self._on_step_shown)
        pool.rested.connect(self._on_rested)
        pool.ended.connect(self._on_ended)
        self.picture_saved, self.picture_enlarged, self.noticed = pool.saved, pool.enlarged, pool.noticed
        pool.not_saved.connect(self._picture_not_saved)
        pool.failed.connect(self.failed)
        self.engine_tasks = EngineTasks(pool, self)
        self.engine_tasks.failed.connect(self.failed)
        self.loras = LoraSelection(self.draft_editor, self.background, loras, self, embeddings)
        self.wildcards = Wildcards(self.background, wildcards, self)
        self.early_choice = EarlyChoice(self.queue, self)

    @property
    def progress(self) -> RunProgress:
        return self.pool.followed.progress

    def place_text(self, runner: Runner) -> str:
        """Returns words for the place of a run."""
        device = self.device.at.get(runner.place)
        return place_text(runner.place, runner.number, device.name if device is not None else "", runner.node)

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
        if self.draft_editor.files.puts_off(self.single_step if self.pool.begins_paused else self.generate):
            return
        try:
            validate(self.draft, self.draft_editor.limits)
        except InvalidRequest as error:
            self.failed.emit(message(error))
            return
        operation = Generate(request := self.loras.fitting(self.draft))
        if not self.pool.has_place_for(operation):
            self.failed.emit(only_there(self.draft_editor.computers_with(request)))
            return
        self.queue.add(operation, self.early_choice.hold_after_of(request))

    def single_step(self) -> None:
        """Pauses all after one more step of the run that is shown; starts the draft when nothing runs."""
        if self.state is RunState.idle:
            self.pool.begins_paused = True
            self.generate()
            self.pool.begins_paused = False
        self.pool.single_step()

    def keep_last(self) -> None:
        """Saves what the last Stop left as a picture."""
        if (film := self.progress.take_stopped()) is not None:
            self.keep(film, film.frames[-1], "denoised")

    def keep(self, film: Film, frame: Frame, stage: Stage) -> None:
        """Saves a frame as a picture: what the model believed in, or what it saw."""
        self.engine_tasks.submit(f"keep {film.run} {frame.call} {stage}", RenderFrame(film, frame, stage))

    def continue_last(self) -> None:
        """Takes up again all that the last Stop left."""
        films = [runner.progress.take_stopped() for runner in self.pool.runners]
        for film in films:
            if film is not None and self.queue.takes_up(film.run):
                self.queue.go_on()
            elif film is not None:
                self.branch(rest_of(film))

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
        """Keeps the draft, ends runs, workers and background tasks; says whether they ended in time."""
        self.draft_editor.complete()
        deadline = QDeadlineTimer(CLOSE_WITHIN_MS)
        self.pool.shut_down()  # their steps go on while the others end
        has_ended = self.background.close(deadline)
        return self.pool.close(deadline, is_saving=self.engine_tasks.close()) and has_ended

    def _as_set(self, run: Run) -> Run:
        how = self.preview_mode, self._films(), self.pool.attention_of
        is_shared, attention = len(self.pool.runners) > 1, self.records_attention
        return replace(run, operation=as_set(run.operation, *how, attention=attention, is_shared=is_shared))

    @Slot()
    def _on_pool_changed(self) -> None:
        for runner in self.pool.runners:
            if runner.state is RunState.paused:
                self.times.rest(runner.number)
        state, phase = self.pool.followed.state, self.pool.followed.phase
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit(phase)

    @Slot()
    def _on_follow_changed(self) -> None:
        """Tells of a run that is under way as of one that begins."""
        runner = self.pool.followed
        if runner.run is not None and runner.started is not None:
            self.run_started.emit(runner.started)
            if runner.stepped is not None:
                self.step_shown.emit(runner.stepped)

    @Slot(object, object)
    def _on_happened(self, runner: Runner, event: Event) -> None:
        self.times.follow(event, runner.number)
        self.loras.follow(event)

    @Slot(object)
    def _on_followed_happened(self, event: Event) -> None:
        signals = (self.run_started, self.stepped, self.image_ready, self.advanced)
        for kind, signal in zip((Started, Stepped, ImageReady, Advanced), signals, strict=True):
            if isinstance(event, kind):
                signal.emit(event)

    @Slot(object, object)
    def _on_step_shown(self, runner: Runner, stepped: Stepped) -> None:
        if runner is self.pool.followed:
            self.step_shown.emit(stepped)

    @Slot(object)
    def _on_rested(self, runner: Runner) -> None:
        if runner is self.pool.followed:
            self.rested.emit()

    @Slot(object, object, object)
    def _on_ended(self, runner: Runner, ending: Ending, problem: Message | None) -> None:
        run, left = runner.run, runner.progress.end(ending)
        assert run is not None
        self.times.rest(runner.number)
        goes_on = run.operation.goes_on_by_itself  # by its next try
        again = None if left is None or goes_on else GenerateBranch(rest_of(left))
        entry = self.queue.find(run.id)
        if problem is None:
            self.queue.end(run, ending)
        elif entry is not None and not entry.lost_by and self.pool.can_pass_on(runner, run.operation, problem):
            ending = Ending.lost
            self.queue.end(run, ending, again=again, lost_by=runner.number)
            place, is_begun = self.place_text(runner), left is not None
            self.noticed.emit(goes_on_elsewhere(problem, place, run.operation.title, is_begun=is_begun))
        else:
            if problem.is_of_engine:
                problem = with_computers(problem, self.draft_editor.computers_with(run.operation.made))
            self.queue.end(run, ending, problem.title, again)
            self.run_failed.emit(problem)
            if left is not None and (picture := picture_of_failure(left, problem)) is not None:
                self.engine_tasks.submit(f"failed {left.run}", picture, on_failure=partial(log.info, "%s"))
        self.early_choice.follow(ending, runner.progress.film)
        if runner is self.pool.followed:
            self.run_ended.emit(ending)

    @Slot(object)
    def _picture_not_saved(self, picture: UnsavedPicture) -> None:
        self.unsaved = (*self.unsaved, picture)
        self.save_failed.emit(picture.message)
