"""The requests that wait, in their order, with the one whose picture is being made."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.session.run import Ending, Run
from core.grid.operation import MakeGrid
from core.request.numbering import seeded
from core.runs.operations import Generate, Operation
from core.runs.queued import QueuedRun

MOST_FAILURES = 2
"""After so many failed runs, one after the other, the queue is held: the next one would fail as well."""

MOST_READ_AHEAD = 256
"""Requests of the queue whose prompts may be read together with one whose turn it is."""


class RunQueue(QObject):
    """First in, first out, unless the user orders it otherwise.

    Attributes:
        entries: all requests, also the one whose picture is being made.
        running_id: of that one, None while nothing runs.

    Signals:
        changed: look again at the attributes.
        cleared: what `clear` took away, a tuple of `QueuedRun`; `take_back` has it wait again.
    """

    changed = Signal()
    cleared = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[QueuedRun, ...] = ()
        self.running_id: int | None = None
        self._last_id = 0
        self._failures = 0

    @property
    def running(self) -> QueuedRun | None:
        return self.find(self.running_id)

    @property
    def runs(self) -> tuple[QueuedRun, ...]:
        """Returns the requests whose turn comes by itself, the next one first."""
        return tuple(run for run in self.entries if run.left and not run.is_on_hold)

    @property
    def held(self) -> tuple[QueuedRun, ...]:
        """Returns the requests that wait for the user, without those that failed."""
        return tuple(run for run in self.entries if run.left and run.is_on_hold and not run.problem)

    @property
    def failed(self) -> QueuedRun | None:
        """Returns the request that failed last."""
        return max((run for run in self.entries if run.problem), key=lambda run: run.id, default=None)

    def takes_up(self, run: str) -> bool:
        """Returns whether a grid that waits takes up the run of this name by itself."""
        grids = (entry.operation for entry in self.entries if entry.left)
        return any(isinstance(grid, MakeGrid) and grid.grid.number_of(run) is not None for grid in grids)

    def find(self, run_id: int | None) -> QueuedRun | None:
        return next((run for run in self.entries if run.id == run_id), None)

    @property
    def coming(self) -> int:
        """Returns how many pictures will be begun by themselves, to choose from."""
        to_choose_from = [run for run in self.entries if run.hold_after is not None and not run.is_on_hold]
        return sum(run.left + (run.id == self.running_id) for run in to_choose_from)

    def add(
        self,
        operation: Operation[Any],
        hold_after: int | None = None,
        before: int | None = None,
        *,
        is_on_hold: bool = False,
    ) -> QueuedRun:
        """Adds a request at the end, or before another one."""
        count, first_seed = operation.pictures, None
        if isinstance(operation, Generate) and operation.request.count > 1:
            request = seeded(operation.request)
            count, first_seed = request.count, request.seed
            if request.variation is not None:  # the seeds of its pictures follow from both that it has now
                operation = replace(operation, request=request)
            operation = replace(operation, batch=secrets.token_hex(16))
        run = QueuedRun(self._next_id(), operation, count, first_seed, hold_after, is_on_hold=is_on_hold)
        self._insert(run, before)
        return run

    def take_back(self, runs: tuple[QueuedRun, ...]) -> None:
        """Puts requests that were cleared, or are of an earlier start, at the end, on hold."""
        self._set((*self.entries, *(replace(run, id=self._next_id(), is_on_hold=True) for run in runs)))

    def take(self, *, is_paused: bool) -> Run | None:
        """Begins the next picture; None when there is none whose turn it is."""
        run = next(iter(self.runs), None)
        if run is None:
            return None
        self.running_id = run.id
        self._replace(run.id, begun=run.begun + 1)
        operation = run.next_operation
        if isinstance(operation, Generate):
            coming = itertools.chain.from_iterable(other.requests for other in self.runs)
            operation = replace(operation, following=tuple(itertools.islice(coming, MOST_READ_AHEAD)))
        return Run(operation, is_paused, run.hold_after)

    def end(self, ending: Ending, problem: str = "", again: Operation[Any] | None = None) -> None:
        """The picture has ended. Stop holds all that waits, and so do failures one after the other.

        A run that failed stays in the queue, on hold, with the ``problem``; ``again`` is the work of another try.
        """
        run, self.running_id = self.running, None
        self._failures = self._failures + 1 if ending is Ending.failed else 0
        entries = self.entries
        if run is not None:
            if ending is Ending.cancelled and run.operation.goes_on_by_itself:
                run = replace(run, begun=run.begun - 1)
            ended = (run,) if run.left else ()
            if ending is Ending.failed:
                work = again or replace(run, begun=run.begun - 1).next_operation
                failed = QueuedRun(
                    self._next_id(), work, hold_after=run.hold_after, is_on_hold=True, problem=problem
                )
                ended = (failed, *ended)
            place = next(number for number, other in enumerate(entries) if other.id == run.id)
            entries = (*entries[:place], *ended, *entries[place + 1 :])
        if ending is Ending.cancelled or self._failures >= MOST_FAILURES:
            entries = tuple(replace(run, is_on_hold=True) for run in entries)
        self._set(entries)

    def go_on(self) -> None:
        """Lets all that is held take its turn again; what failed stays."""
        self._failures = 0
        self._set(tuple(run if run.problem else replace(run, is_on_hold=False) for run in self.entries))

    def try_again(self, run_id: int) -> None:
        """Gives a request that failed the next turn."""
        if (run := self.find(run_id)) is not None and run.problem:
            self._failures = 0
            first = next((other.id for other in self.entries if other.id != run_id), None)
            self._insert(replace(run, is_on_hold=False, problem=""), first)

    def duplicate(self, run_id: int) -> None:
        """Adds the same request behind it; where its seed was drawn another one will be."""
        if (run := self.find(run_id)) is not None:
            rest = self.entries[self.entries.index(run) + 1 :]
            before = rest[0].id if rest else None
            self.add(run.operation, run.hold_after, before, is_on_hold=run.is_on_hold)

    def move(self, run_id: int, before: int | None) -> None:
        """Gives a request another place: before another one, or at the end."""
        if run_id != before and (run := self.find(run_id)) is not None:
            self._insert(run, before)

    def remove(self, run_id: int) -> None:
        """Forgets the pictures of a request that have not begun."""
        self._keep(lambda run: run.id != run_id)

    def clear(self) -> None:
        """Forgets all that has not begun."""
        gone = tuple(run for run in self.entries if run.left)
        self._keep(lambda _run: False)
        if gone:
            self.cleared.emit(gone)

    def _keep(self, is_kept: Callable[[QueuedRun], bool]) -> None:
        kept: list[QueuedRun] = []
        for run in self.entries:
            if is_kept(run):
                kept.append(run)
            elif run.id == self.running_id:
                kept.append(replace(run, count=run.begun))
        self._set(tuple(kept))

    def _insert(self, run: QueuedRun, before: int | None) -> None:
        others = [other for other in self.entries if other.id != run.id]
        place = next((index for index, other in enumerate(others) if other.id == before), len(others))
        self._set((*others[:place], run, *others[place:]))

    def _replace(self, run_id: int, **changes: Any) -> None:
        self._set(tuple(replace(run, **changes) if run.id == run_id else run for run in self.entries))

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _set(self, entries: tuple[QueuedRun, ...]) -> None:
        if entries != self.entries:
            self.entries = entries
            self.changed.emit()
