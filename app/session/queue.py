"""The requests that wait for the run in progress to end."""

from __future__ import annotations

from dataclasses import dataclass

from core.request.request import GenerationRequest
from core.runs.branch import Branch


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A request, or a branch of an earlier run, that waits.

    ``id`` is never used twice while the program runs; ``hold_after`` as in `app.session.run.Run`.
    """

    id: int
    request: GenerationRequest
    branch: Branch | None = None
    hold_after: int | None = None


class RunQueue:
    """First in, first out.

    Attributes:
        runs: those that wait, the next one first.
    """

    def __init__(self) -> None:
        self.runs: tuple[QueuedRun, ...] = ()
        self._last_id = 0

    def add(
        self, request: GenerationRequest, branch: Branch | None = None, hold_after: int | None = None
    ) -> QueuedRun:
        self._last_id += 1
        run = QueuedRun(self._last_id, request, branch, hold_after)
        self.runs = (*self.runs, run)
        return run

    def take(self) -> QueuedRun | None:
        """The run whose turn it is, removed from the queue."""
        if not self.runs:
            return None
        first, *rest = self.runs
        self.runs = tuple(rest)
        return first

    def remove(self, run_id: int) -> None:
        """Forgets a run; one that has begun meanwhile is left alone."""
        self.runs = tuple(run for run in self.runs if run.id != run_id)

    def clear(self) -> None:
        self.runs = ()
