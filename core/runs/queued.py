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
        begun: all pictures with this number, or a higher one, have not begun.
        passed: the numbers of those before them that have not begun either, or are to be made again.
        lost_by: the number of the worker whose engine went away while it made this, 0 for none.
        is_on_hold: it waits until the user lets the queue go on.
        problem: why its run failed, "" for one that has not; it is on hold then, too.
    """

    id: int
    operation: Operation[Any]
    count: int = 1
    first_seed: int | None = None
    hold_after: int | None = None
    begun: int = 0
    passed: tuple[int, ...] = ()
    lost_by: int = 0
    is_on_hold: bool = False
    problem: str = ""

    @property
    def left(self) -> int:
        """Returns how many pictures have not begun."""
        return len(self.passed) + self.count - self.begun

    @property
    def numbers(self) -> tuple[int, ...]:
        """Returns the numbers of the pictures that have not begun, from 0, the next one first."""
        return *self.passed, *range(self.begun, self.count)

    def with_begun(self, number: int) -> QueuedRun:
        """Returns the request with one of its pictures taken from those that have not begun."""
        passed = (*self.passed, *range(self.begun, number))
        passed = tuple(other for other in passed if other != number)
        return replace(self, begun=max(self.begun, number + 1), passed=passed)

    def with_back(self, *numbers: int) -> QueuedRun:
        """Returns the request with pictures that are to be made again, before the others."""
        passed, begun = {*self.passed, *numbers}, self.begun
        while begun - 1 in passed:
            begun -= 1
            passed.remove(begun)
        return replace(self, begun=begun, passed=tuple(sorted(passed)))

    def work(self, number: int) -> Operation[Any]:
        """Returns the work of one picture."""
        if not isinstance(self.operation, Generate) or self.first_seed is None:
            return self.operation.part(number)
        return replace(self.operation, request=self._request(number))

    @property
    def requests(self) -> Iterator[GenerationRequest]:
        """Yields the requests of the pictures that have not begun, as far as they are known."""
        if isinstance(self.operation, Generate):
            yield from map(self._request, self.numbers)

    def _request(self, number: int) -> GenerationRequest:
        assert isinstance(self.operation, Generate)
        first = replace(self.operation.request, count=1)
        return first if self.first_seed is None else numbered(replace(first, seed=self.first_seed), number)

    @property
    def unbegun(self) -> Operation[Any]:
        """Returns an operation for the pictures that have not begun; those of a drawn seed draw another one."""
        if not isinstance(self.operation, Generate):
            return self.operation
        request = numbered(self.operation.request, self.numbers[0] if self.left else self.begun)
        return replace(self.operation, request=replace(request, count=max(self.left, 1)))
