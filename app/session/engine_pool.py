"""Gives the runs that wait in the queue to the workers that are free, one for each place of an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, Signal, Slot

from app.messages.errors import Message
from app.session.queue import RunQueue
from app.session.run import Ending, Run, RunState, SavePicture
from app.session.runner import Runner
from app.session.worker_thread import WorkerThread
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.runs.events import Event
from core.runs.operations import Engine, Operation
from core.runs.queued import QueuedRun
from core.runs.recorder import FilmRecorder
from core.settings.engine_place import EnginePlace

Places = Callable[[], Sequence[EnginePlace]]

MOST_LOSSES = 2
"""A worker whose engine went away so often, one after the other, gets nothing while others make pictures."""


class EnginePool(QObject):
    """Part of the session; lives in the window's thread.

    Attributes:
        runners: one for each place, by their numbers.
        followed: the one whose run the window shows; it runs if any does.
        begins_paused: a run that begins when nothing else runs waits before its first event.

    Signals:
        changed: other runners, another one is followed, or the state or phase of one is another.
        follow_changed: another one is followed.
        happened, step_shown, rested, ended: see `Runner`.
        followed_happened: an `Event` of the run that is followed, after all have heard it by ``happened``.
        saved, enlarged, not_saved, failed: see `Writing`. noticed, passed: see `Worker`. left: see `Runner`.
    """

    changed = Signal()
    follow_changed = Signal()
    happened = Signal(object, object)
    followed_happened = Signal(object)
    step_shown = Signal(object, object)
    rested = Signal(object)
    ended = Signal(object, object, object)
    saved = Signal(object)
    enlarged = Signal(object)
    not_saved = Signal(object)
    failed = Signal(object)
    noticed = Signal(object)
    passed = Signal(object)
    left = Signal(object)

    def __init__(
        self,
        queue: RunQueue,
        make_engine: Callable[[EnginePlace], Engine],
        places: Places,
        save: SavePicture,
        recorder: FilmRecorder | None,
        log_file: Path | None,
        as_set: Callable[[Run], Run],
        can_make: Callable[[EnginePlace, Operation[Any]], bool],
        parent: QObject,
    ) -> None:
        """``as_set`` returns a run with what is wanted of all runs now, ``can_make`` if a place has its model.

        Ask `update_places` when places have changed.
        """
        super().__init__(parent)
        self._queue, self._make_engine, self._places = queue, make_engine, places
        self._save, self._recorder, self._log_file, self._as_set = save, recorder, log_file, as_set
        self._can_make = can_make
        self._leaving: list[Runner] = []
        self._is_feeding = self._is_closing = self.begins_paused = False
        self.runners = tuple[Runner, ...]()
        self._arrange()
        self.followed = self.runners[0]
        queue.changed.connect(self.feed)

    @property
    def busy(self) -> tuple[Runner, ...]:
        """Returns those that have a run."""
        return tuple(runner for runner in (*self.runners, *self._leaving) if runner.run is not None)

    def of_request(self, run_id: int) -> tuple[Runner, ...]:
        """Returns those that make pictures of a request."""
        return tuple(runner for runner in self.busy if runner.run is not None and runner.run.id == run_id)

    def attention_of(self, film: Film) -> AttentionRecord | None:
        """Returns what a runner knows of the words of this film: a run that is taken up goes on with it."""
        records = (runner.progress.attention_of(film) for runner in self.runners)
        return next((record for record in records if record is not None), None)

    def follow(self, runner: Runner) -> None:
        """Lets the window show the run of this one."""
        if runner is not self.followed:
            self.followed = runner
            self.follow_changed.emit()
            self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """Ends all runs after their step in progress, and holds the queue."""
        if self.busy:
            self._queue.hold()
        for runner in self.busy:
            runner.stop()

    def stop_run(self, runner: Runner) -> None:
        """Ends one run after its step in progress; the others, and the queue, go on."""
        if runner.run is not None and runner.run.operation.goes_on_by_itself:
            self._queue.hold(runner.run.id)
        runner.stop()

    @Slot()
    def pause(self) -> None:
        """Holds all runs after their step in progress."""
        for runner in self.busy:
            runner.pause()

    @Slot()
    def resume(self) -> None:
        for runner in self.busy:
            runner.resume()

    def single_step(self) -> None:
        """Holds all runs after their step in progress, the one that is followed after one more."""
        for runner in self.busy:
            if runner is not self.followed:
                runner.pause()
        self.followed.single_step()

    def can_pass_on(self, runner: Runner, operation: Operation[Any], problem: Message) -> bool:
        """Returns whether another one may do what a problem has kept this one from."""
        return problem.is_of_engine and self._has_another(runner, operation)

    def thread_for(self, operation: Operation[Any]) -> WorkerThread:
        """Returns that of the first one that can serve a task beside runs."""
        return self._able(operation)[0].worker_thread

    def has_place_for(self, operation: Operation[Any]) -> bool:
        """Returns whether its model is in one of the places."""
        return any(self._can_make(place, operation) for place in self._places())

    def _has_another(self, runner: Runner, operation: Operation[Any]) -> bool:
        return any(other is not runner and other.losses < MOST_LOSSES for other in self._able(operation))

    def _able(self, operation: Operation[Any]) -> tuple[Runner, ...]:
        """Returns those in whose place the model is; all where it is in none, which one of them will tell."""
        return tuple(one for one in self.runners if self._can_make(one.place, operation)) or self.runners

    def _is_for(self, runner: Runner, entry: QueuedRun) -> bool:
        if runner not in self._able(entry.operation):
            return False
        is_lost = entry.lost_by == runner.number or runner.losses >= MOST_LOSSES
        return not is_lost or not self._has_another(runner, entry.operation)

    @Slot()
    def restart(self) -> None:
        """The next run of each begins with a new engine, made with what the settings say then."""
        for runner in self.runners:
            runner.worker_thread.restart_engine.emit()
        self.update_places()

    @Slot()
    @Slot(str)
    def update_places(self, address: str = "") -> None:
        """Begins and ends engines where other places are wanted; the others stay as they are.

        Those at an ``address`` begin anew: the way to them is another one.
        """
        self._arrange(address)
        for runner in self.runners:
            runner.losses = 0
        for runner in tuple(self._leaving):
            self._dismiss(runner)
        self.changed.emit()
        self.feed()

    @Slot()
    def feed(self, *, is_paused: bool = False) -> None:
        """Gives runs to those that are free, unless the user has paused what is being made."""
        for runner in self.runners:
            if not self.busy and not self._queue.runs:
                runner.losses = 0  # the next time it may be there again
            if not any(other.state is RunState.paused for other in self.busy):
                self._feed_one(runner, is_paused=is_paused or self.begins_paused)

    def close(self, deadline: QDeadlineTimer, *, is_saving: bool) -> bool:
        """After `shut_down`: says whether all threads ended in time."""
        threads = (runner.worker_thread for runner in (*self.runners, *self._leaving))
        have_ended = [thread.wait_for_end(deadline, is_saving=is_saving) for thread in threads]
        return all(have_ended)

    def shut_down(self) -> None:
        """Ends all runs after their step, and the threads after that."""
        self._is_closing = True
        for runner in (*self.runners, *self._leaving):
            runner.worker_thread.shut_down()

    def settle_pictures(self) -> None:
        """Waits a while for pictures that are being written, until it is known of each whether it could be."""
        for runner in (*self.runners, *self._leaving):
            runner.worker_thread.settle_pictures()

    def _feed_one(self, runner: Runner, *, is_paused: bool) -> None:
        if runner.run is not None or self._is_feeding or self._is_closing:
            return
        self._is_feeding = True  # the queue tells of the run that is taken
        run = self._queue.take(is_paused=is_paused, last=runner.last, is_for=partial(self._is_for, runner))
        self._is_feeding = False
        if run is not None:
            is_shown = self.followed.run is None
            runner.begin(self._as_set(run))  # before others hear of it, who may have another one begin
            if is_shown:
                self.follow(runner)

    def _arrange(self, address: str = "") -> None:
        """Has one runner for each place that is wanted; the first one stays, wherever its engine is."""
        first, *others = self._places()
        had = [*self.runners, *(runner for runner in self._leaving if not runner.is_leaving)]
        kept = had[:1] or [self._runner(1, first)]
        if kept[0].place != first:
            kept[0].place = first
            kept[0].worker_thread.restart_engine.emit()
        for place in others:
            runner = next((one for one in had[1:] if one.place == place and one not in kept), None)
            if runner is not None and address and place.address == address:
                runner.worker_thread.restart_engine.emit()
            taken = {one.number for one in (*had, *kept, *self._leaving)}
            kept.append(runner or self._runner(next(n for n in count(2) if n not in taken), place))
        self._leaving = [one for one in {*had, *self._leaving} if one not in kept]
        self.runners = tuple(sorted(kept, key=lambda runner: runner.number))

    def _runner(self, number: int, place: EnginePlace) -> Runner:
        recorder = FilmRecorder(self._recorder.folder) if self._recorder is not None and number > 1 else None
        thread = WorkerThread(
            lambda: self._make_engine(runner.place), self._save, recorder or self._recorder, self._log_file
        )
        runner = Runner(number, place, thread, self)
        runner.changed.connect(self.changed)
        runner.happened.connect(self._on_happened)
        runner.step_shown.connect(self.step_shown)
        runner.rested.connect(self.rested)
        runner.ended.connect(self._on_ended)
        runner.left.connect(self._on_left)
        worker = thread.worker
        worker.noticed.connect(self.noticed)
        worker.passed.connect(self.passed)
        worker.writing.saved.connect(self.saved)
        worker.writing.enlarged.connect(self.enlarged)
        worker.writing.not_saved.connect(self.not_saved)
        worker.writing.failed.connect(self.failed)
        return runner

    @Slot(object, object)
    def _on_happened(self, runner: Runner, event: Event) -> None:
        self.happened.emit(runner, event)
        if runner is self.followed:
            self.followed_happened.emit(event)

    @Slot(object, object, object)
    def _on_ended(self, runner: Runner, ending: Ending, problem: Message | None) -> None:
        was_paused = runner.state is RunState.paused
        is_lost = problem is not None and problem.is_of_engine
        runner.losses = runner.losses + 1 if is_lost else 0
        self.ended.emit(runner, ending, problem)
        runner.release()
        if was_paused and runner in self.runners:
            self._feed_one(runner, is_paused=True)
        self.feed(is_paused=was_paused)
        if runner.run is None and runner is self.followed and (busy := self.busy):
            self.follow(busy[0])
        if runner.run is None:  # still: whoever hears of that may have had another one begin
            runner.rest()
        self._dismiss(runner)

    def _dismiss(self, runner: Runner) -> None:
        """Lets one leave whose place is not wanted any more, after its run."""
        if runner in self._leaving and runner.run is None and not self._is_closing:
            if runner is self.followed:
                self.follow(next(iter(self.busy), self.runners[0]))
            runner.leave()

    @Slot(object)
    def _on_left(self, runner: Runner) -> None:
        self._leaving.remove(runner)
        self.left.emit(runner)
        runner.deleteLater()
