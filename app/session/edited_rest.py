"""The pictures of a request that went back from the queue into the controls while others of it were made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.request.numbering import numbered
from core.request.request import GenerationRequest
from core.runs.operations import Generate
from core.runs.queued import QueuedRun


@dataclass(frozen=True, slots=True)
class EditedRest:
    """Knows which numbers are left, which seed and count of the controls do not tell where there are gaps.

    Attributes:
        request: as the controls have it, until seed or count are chosen anew.
        numbers: those of its pictures, of ``count`` that were asked for first.
    """

    request: GenerationRequest
    numbers: tuple[int, ...]
    count: int

    @classmethod
    def of(cls, run: QueuedRun) -> EditedRest | None:
        """Returns the rest of a request, None where seed and count tell all."""
        rest, numbers = run.unbegun, run.numbers
        if not isinstance(rest, Generate) or rest.request.seed is None or not numbers:
            return None
        has_gaps = numbers != tuple(range(numbers[0], numbers[0] + len(numbers)))
        return cls(rest.request, numbers, run.count) if has_gaps else None

    def is_of(self, request: GenerationRequest) -> bool:
        """Returns whether a request has these pictures still, whatever else of it is another."""
        variation, before = request.variation, self.request.variation
        return (request.seed, request.count) == (self.request.seed, self.request.count) and (
            None if variation is None else variation.seed
        ) == (None if before is None else before.seed)

    def put_into(self, run: QueuedRun) -> QueuedRun:
        """Returns the request of the queue with the pictures of these numbers alone."""
        assert isinstance(run.operation, Generate)
        request = replace(numbered(run.operation.request, -self.numbers[0]), count=self.count)
        operation = replace(run.operation, request=request)
        return replace(
            run,
            operation=operation,
            count=self.count,
            first_seed=request.seed,
            begun=self.count,
            passed=self.numbers,
        )
