"""An operation that exists in tests only: its value and its work, as an operation of the product has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.runs.events import Advanced, Event, Finished
from core.runs.operations import Operation


@dataclass(frozen=True, slots=True, eq=False)
class Count(Operation[tuple[int, int]]):
    """Counts to ``total``; at ``fails_at`` memory runs out."""

    total: int
    fails_at: int | None = None


def run(_context: object, operation: Count) -> Iterator[Event]:
    for number in range(1, operation.total + 1):
        if number == operation.fails_at:
            raise MemoryError
        yield Advanced(number, operation.total)
    yield Finished((operation.total, 0))
