"""One of the places in which pictures are made: its worker, and the run that is being made there."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.session.inbox import Ended, Inbox
from app.session.run import Run, RunState, WorkerState
from app.session.run_progress import RunProgress
from app.session.worker_thread import WorkerThread
from core.runs.events import Event, Loading, Phase, Placed, Started, Stepped
from core.settings.engine_place import EnginePlace


class Runner(QObject):
    """Part of `EnginePool`; lives in the window's thread.

    Attributes:
        number: of the engine, from 1. place: of it. thread: with the worker.
        run: that is being made, None while the worker is free. last: the one before.
        state: of the worker. phase: what the engine is busy with, None while it steps or rests.
        progress: of the run, or of the last one. started, stepped: its newest events, None before them; of steps
            those that have come, see `Inbox`.
        node: of a cluster, on which its engine was last; "" for none.
        losses: how many runs, one after the other, ended because the engine went away.
        is_leaving: it ends, see `leave`.

    Signals: each carries the runner first.
        changed: look again at state and phase.
        happened: an `Event` of the run; ``progress`` is up to date.
        step_shown: the newest `Stepped`, as often as it can be seen; the last one before all that comes after it.
        rested: the run is paused and has a step.
        ended: an `Ending`, and the `Message` of a run that failed or None.
        left: the thread has ended, see `leave`.
    """

    changed = Signal(object)
    happened = Signal(object, object)
    step_shown = Signal(object, object)
    rested = Signal(object)
    ended = Signal(object, object, object)
    left = Signal(object)

    def __init__(self, number: int, place: EnginePlace, thread: WorkerThread, parent: QObject) -> None:
        super().__init__(parent)
        self.number, self.place, self.worker_thread = number, place, thread
        self.run: Run | None = None
        self.last: Run | None = None
        self.state = RunState.idle
        self.phase: Phase | None = None
        self.progress = RunProgress()
        self.started: Started | None = None
        self.stepped: Stepped | None = None
        self.node, self.losses = "", 0
        self.is_leaving = False
        self._inbox = Inbox(self)
        self._inbox.came.connect(self._on_came)
        self._inbox.shown.connect(self._on_shown)
        at_once = Qt.ConnectionType.DirectConnection  # in the worker's thread
        thread.worker.happened.connect(self._inbox.put, at_once)
        thread.worker.state_changed.connect(self._inbox.put, at_once)
        thread.worker.ended.connect(self._inbox.end, at_once)
        thread.start()

    def begin(self, run: Run) -> None:
        """Starts a run; the one before must have been released."""
        self.run, self.started, self.stepped = run, None, None
        self.state = RunState.paused if run.is_paused else RunState.running
        self.changed.emit(self)
        self.worker_thread.begin.emit(run)

    def release(self) -> None:
        """The run has ended, and all that follows from that is done."""
        self.run, self.last = None, self.run

    def rest(self) -> None:
        """Nothing is to be made now."""
        self._set(RunState.idle)

    def leave(self) -> None:
        """Ends engine and thread: the place is not wanted any more."""
        if not self.is_leaving:
            self.is_leaving = True
            self.worker_thread.finished.connect(self._on_finished)
            self.worker_thread.shut_down()

    def stop(self) -> None:
        """Ends the run after the step in progress."""
        if self.state in (RunState.running, RunState.paused):
            self._set(RunState.stopping)
            self.worker_thread.stop.emit()

    def pause(self) -> None:
        """Holds the run after the step in progress."""
        if self.state is RunState.running:
            self._set(RunState.paused)
            self.worker_thread.advance.emit(WorkerState.paused)

    def resume(self) -> None:
        if self.state is RunState.paused:
            self._set(RunState.running)
            self.worker_thread.advance.emit(WorkerState.running)

    def single_step(self) -> None:
        """Pauses after one more step."""
        if self.state in (RunState.running, RunState.paused):
            self._set(RunState.paused)
            self.worker_thread.advance.emit(WorkerState.stepping)

    def _set(self, state: RunState) -> None:
        if state is not self.state:
            self.state = state
            self.changed.emit(self)

    def _set_phase(self, phase: Phase | None) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.changed.emit(self)

    @Slot(object)
    def _on_came(self, told: Event | WorkerState | Ended) -> None:
        match told:
            case WorkerState():
                self._on_worker_state_changed(told)
            case Ended(ending, problem):
                self._set_phase(None)
                self.ended.emit(self, ending, problem)
            case _:
                self._on_happened(told)

    def _on_happened(self, event: Event) -> None:
        run = self.run
        if isinstance(event, Started):
            if run is not None and run.count > 1:
                event = replace(event, index=run.number, count=run.count)
            self.started, self.stepped = event, None
        if isinstance(event, Placed) and event.name != self.node:
            self.node = event.name
            self.changed.emit(self)
        self._set_phase(event.phase if isinstance(event, Loading) else None)
        self.progress.follow(event)
        self.stepped = event if isinstance(event, Stepped) else self.stepped
        self.happened.emit(self, event)

    @Slot()
    def _on_finished(self) -> None:
        self.left.emit(self)

    @Slot(object)
    def _on_shown(self, stepped: Stepped) -> None:
        self.step_shown.emit(self, stepped)

    def _on_worker_state_changed(self, state: WorkerState) -> None:
        film = self.progress.film if self.progress.is_developing else None
        if state is WorkerState.paused and self.state is RunState.paused and film is not None and film.frames:
            self.rested.emit(self)
