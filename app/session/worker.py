"""The one worker: advances the engine's operations in its own thread, one event at a time.

The next event is asked for when everything that the window asked for meanwhile has been served: stop, pause, a
task. There are no flags in the engine and no locks here; while paused the thread sleeps.
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from app.messages.errors import Message
from app.messages.notices import notice_of
from app.messages.runs import unforeseen_in_run
from app.session.attempt import Attempt
from app.session.run import (
    SAVING,
    Ending,
    EngineTask,
    Run,
    SaveAgain,
    SavePicture,
    WorkerState,
)
from app.session.writing import Writing
from core.measures.noise_levels import picture_share
from core.pictures.picture import GeneratedImage
from core.runs.events import Event, Finished, ImageReady, Loading, Phase, Started, Stepped
from core.runs.operations import Engine, Operation
from core.runs.recorder import FilmRecorder

Events = Generator[Event, None, None]


class Worker(QObject):
    """Serves one run at a time, and tasks between its events. All slots run in the worker's thread.

    Attributes:
        writing: writes films and pictures, and tells of them by signals of its own.

    Signals:
        state_changed: a `WorkerState`; ``paused`` when the event in progress is over and none is asked for.
        happened: an `Event` of the run.
        ended: an `Ending`, and the `Message` of a run that failed or None; always the last word about a run.
        task_happened: an `EngineTask` and an `Event` of it.
        task_ended: an `EngineTask`, and None or the `Message` of its failure.
        noticed: a `Message` from an event of run or task, see `app.messages.notices`.
        passed: such a `Message` holds no longer.
    """

    state_changed = Signal(object)
    happened = Signal(object)
    ended = Signal(object, object)
    task_happened = Signal(object, object)
    task_ended = Signal(object, object)
    noticed = Signal(object)
    passed = Signal(object)

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        save: SavePicture,
        recorder: FilmRecorder | None,
        log_file: Path | None,
    ) -> None:
        super().__init__()
        self._make_engine = make_engine
        self._attempt = Attempt(log_file)
        self.writing = Writing(save, recorder, self._attempt, self)
        self._engine: Engine | None = None
        self._is_outdated = False
        self._state = WorkerState.idle
        self._run: Run | None = None
        self._events: Events | None = None
        self._is_hurried = False
        self._started: Started | None = None
        self._last: Event | None = None
        self._tasks: dict[str, tuple[EngineTask, Events]] = {}
        self._was_task = False
        self._passing: Message | None = None
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._proceed)

    @Slot(object)
    def begin(self, run: Run) -> None:
        """Starts a run; the one before must have ended."""
        self._run, self._is_hurried = run, False
        self._events = self._recorded(run.operation)
        self._set_state(WorkerState.paused if run.is_paused else WorkerState.running)

    @Slot(object)
    def advance(self, state: WorkerState) -> None:
        """Pauses the run or goes on; ``stepping`` goes to the finished picture when no step is left."""
        self._set_state(state)

    @Slot()
    def stop(self) -> None:
        """Ends the run where it is. A run that has ended by itself meanwhile has said so already."""
        if self._events is not None:
            self._end(Ending.cancelled)

    @Slot()
    def hurry(self) -> None:
        """Lets an engine that can be ended not wait long for the event in progress. From any thread."""
        engine, run = self._engine, self._run
        if engine is not None and run is not None:
            self._is_hurried = True
            engine.hurry(run.operation)

    @Slot(str, object)
    def submit(self, kind: str, task: EngineTask | None) -> None:
        """Serves a task after the event in progress, in the place of one of its kind; None only ends that one."""
        if (before := self._tasks.get(kind)) is not None:
            self._attempt(before[1].close)
        if task is not None:
            self._tasks[kind] = task, self._events_of(task.operation)
            self._turn.start()
        else:
            self._tasks.pop(kind, None)

    @Slot()
    def restart_engine(self) -> None:
        """The next run begins with a new engine: another device has been chosen."""
        self._is_outdated = True

    @Slot()
    def shut_down(self) -> None:
        """Ends run and tasks, frees the engine and leaves the thread's event loop."""
        self.stop()
        for task, events in tuple(self._tasks.values()):
            while isinstance(task.operation, SAVING) and task.kind in self._tasks:
                self._advance_task(task, events)  # a picture that was to be saved is not lost
            self._attempt(events.close)
        self._tasks.clear()
        self._turn.stop()
        self.writing.close()
        engine, self._engine = self._engine, None
        if engine is not None:
            self._attempt(engine.close)
        QThread.currentThread().quit()

    @property
    def _is_advancing(self) -> bool:
        return self._state in (WorkerState.running, WorkerState.stepping)

    @Slot()
    def _proceed(self) -> None:
        """Takes one event, of task and run in turns when both are wanted, then goes back to the event loop."""
        if self._tasks and not (self._is_advancing and self._was_task):
            self._was_task = True
            self._advance_task(*next(iter(self._tasks.values())))
        elif self._is_advancing:
            self._was_task = False
            self._advance_run()
        if self._tasks or self._is_advancing:
            self._turn.start()

    def _set_state(self, state: WorkerState) -> None:
        """A run that has ended meanwhile is neither paused nor continued."""
        self._state = state if self._events is not None else WorkerState.idle
        self.state_changed.emit(self._state)
        if self._is_advancing:
            self._turn.start()

    def _recorded(self, operation: Operation[Any]) -> Events:
        if self._is_outdated and self._engine is not None:
            self._attempt(self._engine.close)
            self._engine = None
        yield from self.writing.recorded(self._events_of(operation))

    def _events_of(self, operation: Operation[Any]) -> Events:
        if isinstance(operation, SaveAgain):
            self.writing.save(operation.picture.image, operation.picture.film, operation.folder)
            return
        if self._engine is None:
            yield Loading(Phase.importing)
        if self._engine is None:  # still: between two events a task may have made it
            self._engine = self._make_engine()
            self._is_outdated = False
        yield from self._engine.run(operation)

    def _advance_task(self, task: EngineTask, events: Events) -> None:
        match self._attempt(lambda: next(events, None)):
            case None:
                self._end_task(task, None)
            case Message() as text:
                self._end_task(task, text)
            case event:
                self.task_happened.emit(task, event)
                self._notice(event)
                if isinstance(event, ImageReady):
                    self.writing.save(event.image, event.film, None)
                if isinstance(event, Finished):
                    self._attempt(events.close)
                    self._end_task(task, None)

    def _end_task(self, task: EngineTask, problem: Message | None) -> None:
        del self._tasks[task.kind]
        self._pass()
        self.task_ended.emit(task, problem)

    def _advance_run(self) -> None:
        events = self._events
        assert events is not None
        match self._attempt(lambda: next(events, None), lambda: unforeseen_in_run(self._last)):
            case None:
                self._end(Ending.finished)
            case Message() if self._is_hurried:
                self._end(Ending.cancelled)  # the engine was ended, as it did not stop
            case Message() as text if text.is_of_engine and isinstance(self._last, ImageReady | Finished):
                self._end(Ending.finished)  # it went away when all was done
            case Message() as text:
                self._end(Ending.failed, text)
            case event:
                self._last = event
                self.happened.emit(event)
                self._notice(event)
                self._follow(event)

    def _notice(self, event: Event) -> None:
        self._pass()
        if (notice := notice_of(event)) is not None:
            self.noticed.emit(notice)
            self._passing = notice if notice.passes else None

    def _pass(self) -> None:
        if self._passing is not None:
            self.passed.emit(self._passing)
            self._passing = None

    def _follow(self, event: Event) -> None:
        match event:
            case Started():
                self._started = event
            case Stepped() if self._is_to_be_held(event):
                self._end(Ending.held)
            case Stepped() if self._state is WorkerState.stepping:
                self._set_state(WorkerState.paused)
            case ImageReady():
                folder = self._run.operation.destination if self._run is not None else None
                self.writing.save(event.image, event.film, folder)
                started = self._started
                has_more = started is not None and started.index + 1 < started.count
                if self._state is WorkerState.stepping and has_more:
                    self._set_state(WorkerState.paused)
            case Finished(result=GeneratedImage() as image) if self._run is not None:
                self.writing.save(image, None, self._run.operation.destination)
            case _:
                pass

    def _is_to_be_held(self, stepped: Stepped) -> bool:
        """True at the last call of the step, so that the run can be taken up between two steps."""
        hold_after = self._run.hold_after if self._run is not None else None
        frame, steps = stepped.frame, stepped.film.schedule.steps
        is_last_call = frame.call + 1 == len(steps) or steps[frame.call + 1] > frame.step
        if hold_after is None or not is_last_call or frame.step == steps[-1]:
            return False
        return 100 * picture_share(frame.sigma) >= hold_after or frame.step + 1 == steps[-1]

    def _end(self, ending: Ending, problem: Message | None = None) -> None:
        events, self._events = self._events, None
        self._run = self._started = self._last = None
        if events is not None:
            self._attempt(events.close)
        self._pass()
        self._set_state(WorkerState.idle)
        self.ended.emit(ending, problem)
