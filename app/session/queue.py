"""The requests that wait, in their order, with those whose pictures are being made."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.session.edited_rest import EditedRest
from app.session.run import Ending, Run
from core.grid.operation import MakeGrid
from core.request.numbering import seeded
from core.request.request import GenerationRequest
from core.runs.operations import Generate, Operation
from core.runs.queued import QueuedRun

MOST_FAILURES = 2
"""After so many failed runs, one after the other, the queue is held: the next one would fail as well."""

MOST_READ_AHEAD = 256
"""Requests of the queue whose prompts may be read together with one whose turn it is."""


class RunQueue(QObject):
    """First in, first out, unless the user orders it otherwise.

    Attributes:
        entries: all requests, also those whose pictures are being made.
        running: the runs that make these, in the order in which they began.

    Signals:
        changed: look again at the attributes.
        cleared: what `clear` took away, a tuple of `QueuedRun`; `take_back` has it wait again.
    """

    changed = Signal()
    cleared = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[QueuedRun, ...] = ()
        self.running: tuple[Run, ...] = ()
        self._last_id = 0
        self._edited_rest: EditedRest | None = None
        self._failures = 0

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
        return sum(run.left + self.in_progress(run.id) for run in to_choose_from)

    def in_progress(self, run_id: int) -> int:
        """Returns how many pictures of a request are being made."""
        return sum(run.id == run_id for run in self.running)

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
        if (rest := self._edited_rest) is not None and operation.made is not None and rest.is_of(operation.made):
            run = rest.put_into(run)
        self._insert(run, before)
        return run

    def edit(self, run_id: int, into: Callable[[GenerationRequest], object]) -> None:
        """Takes what has not begun of a request out of the queue, for other settings.

        The next request with its seed and count has the same pictures, also where others between them are made
        already, see `follow_draft`.
        """
        if (run := self.find(run_id)) is not None and isinstance(rest := run.unbegun, Generate):
            self.remove(run_id)
            into(rest.request)
            self._edited_rest = EditedRest.of(run)

    @Slot(object)
    def follow_draft(self, draft: GenerationRequest) -> None:
        """Another seed or count in the controls are other pictures than those that were edited."""
        if self._edited_rest is not None and not self._edited_rest.is_of(draft):
            self._edited_rest = None

    def take_back(self, runs: tuple[QueuedRun, ...]) -> None:
        """Puts requests that were cleared, or are of an earlier start, at the end, on hold."""
        self._set((*self.entries, *(replace(run, id=self._next_id(), is_on_hold=True) for run in runs)))

    def take(
        self,
        *,
        is_paused: bool,
        last: Run | None = None,
        is_for: Callable[[QueuedRun], bool] = lambda _entry: True,
    ) -> Run | None:
        """Begins the next picture; None when there is none whose turn it is.

        Args:
            last: what the worker that asks made before: of a grid it gets the picture for which it has the least
                to do again.
            is_for: whether it may make a request.
        """
        entry = next(filter(is_for, self.runs), None)
        if entry is None:
            return None
        number = entry.numbers[0]
        if isinstance(grid := entry.operation, MakeGrid):
            others = [run.number for run in self.running if run.id == entry.id]
            number = grid.next_of(entry.numbers, last.number if last and last.id == entry.id else None, others)
        begun = entry.with_begun(number)
        run = Run(entry.work(number), is_paused, entry.hold_after, entry.id, number, entry.count)
        self.running = (*self.running, run)
        self._set(tuple(begun if other is entry else other for other in self.entries))
        if isinstance(run.operation, Generate):
            coming = itertools.chain.from_iterable(other.requests for other in self.runs)
            following = tuple(itertools.islice(coming, MOST_READ_AHEAD))
            run = replace(run, operation=replace(run.operation, following=following))
        return run

    def hold(self, run_id: int | None = None) -> None:
        """Lets a request wait for the user, or all of them."""
        chosen = (run_id is None or run.id == run_id for run in self.entries)
        pairs = zip(self.entries, chosen, strict=True)
        self._set(tuple(replace(run, is_on_hold=True) if is_chosen else run for run, is_chosen in pairs))

    def end(
        self,
        run: Run,
        ending: Ending,
        problem: str = "",
        again: Operation[Any] | None = None,
        lost_by: int = 0,
    ) -> None:
        """The picture of a run has ended. Failures one after the other hold all that waits.

        A run that failed stays in the queue, on hold, with the ``problem``, and one that was ``lost_by`` a worker
        has the next turn at another one; ``again`` is the work of another try.
        """
        self.running = tuple(other for other in self.running if (other.id, other.number) != (run.id, run.number))
        self._failures = self._failures + 1 if ending is Ending.failed else 0
        entries: list[QueuedRun] = []
        for entry in self.entries:
            if entry.id == run.id:
                if ending in (Ending.failed, Ending.lost):
                    again = again or entry.work(run.number)
                    is_on_hold = entry.is_on_hold or ending is Ending.failed
                    kept = QueuedRun(self._next_id(), again, hold_after=run.hold_after, is_on_hold=is_on_hold)
                    entries.append(replace(kept, problem=problem, lost_by=lost_by))
                elif ending is Ending.cancelled and entry.operation.goes_on_by_itself:
                    entry = entry.with_back(run.number)
            if entry.left or self.in_progress(entry.id) or entry.id != run.id:
                entries.append(entry)
        has_failed_often = self._failures >= MOST_FAILURES
        self.entries = tuple(replace(run, is_on_hold=True) if has_failed_often else run for run in entries)
        self.changed.emit()  # also where the entries are the same: one runs no more

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
            elif self.in_progress(run.id):
                kept.append(replace(run, count=run.begun, passed=()))
        self._set(tuple(kept))

    def _insert(self, run: QueuedRun, before: int | None) -> None:
        others = [other for other in self.entries if other.id != run.id]
        place = next((index for index, other in enumerate(others) if other.id == before), len(others))
        self._set((*others[:place], run, *others[place:]))

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _set(self, entries: tuple[QueuedRun, ...]) -> None:
        if entries != self.entries:
            self.entries = entries
            self.changed.emit()
