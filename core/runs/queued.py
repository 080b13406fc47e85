"""A request that waits for its turn, of which each picture is a run of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.request.numbering import numbered
from core.request.request import GenerationRequest
from core.runs.operations import Generate, Operation


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A request in the queue.

    Attributes:
        id: never used twice while the program runs.
        operation: as it was asked for.
        count: how many pictures are to be made of it.
        first_seed: of the first of several pictures; None where there is one, whose seed the operation has.
        hold_after: each picture waits for the user once so many percent are picture; None to finish it at once.
        begun: how many of its pictures have begun.
        is_on_hold: it waits until the user lets the queue go on.
        problem: why its run failed, "" for one that has not; it is on hold then, too.
    """

    id: int
    operation: Operation[Any]
    count: int = 1
    first_seed: int | None = None
    hold_after: int | None = None
    begun: int = 0
    is_on_hold: bool = False
    problem: str = ""

    @property
    def left(self) -> int:
        """Returns how many pictures have not begun."""
        return self.count - self.begun

    @property
    def next_operation(self) -> Operation[Any]:
        """Returns the work of the next picture."""
        if not isinstance(self.operation, Generate) or self.first_seed is None:
            return self.operation.part(self.begun)
        return replace(self.operation, request=next(iter(self.requests)))

    @property
    def requests(self) -> Iterator[GenerationRequest]:
        """Yields the requests of the pictures that have not begun, as far as they are known."""
        if not isinstance(self.operation, Generate):
            return
        seed = self.operation.request.seed if self.first_seed is None else self.first_seed
        first = replace(self.operation.request, seed=seed, count=1)
        for number in range(self.begun, self.count):
            yield first if self.first_seed is None else numbered(first, number)

    @property
    def unbegun(self) -> Operation[Any]:
        """Returns an operation for the pictures that have not begun; those of a drawn seed draw another one."""
        if not isinstance(self.operation, Generate):
            return self.operation
        request = numbered(self.operation.request, self.begun)
        return replace(self.operation, request=replace(request, count=max(self.left, 1)))
