"""Every combination of a prompt's variants on the command line, as requests and as one stream of events."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace

from core.errors import InvalidRequest
from core.language.words import tr
from core.prompt.drawing import ValuesOf, combinations, settled
from core.request.request import GenerationRequest
from core.runs.events import Event, Started
from core.runs.operations import Operation

MOST_COMBINATIONS = 1000
ALL = tr("every combination of the variants instead, at most {most}", most=MOST_COMBINATIONS)


def every(request: GenerationRequest, values_of: ValuesOf) -> tuple[GenerationRequest, ...]:
    """Returns a request for each combination. Raises InvalidRequest for too many, and what `draw` raises."""
    found = tuple(combinations(request.prompt, request.negative_prompt, values_of, MOST_COMBINATIONS + 1))
    if len(found) > MOST_COMBINATIONS:
        told = tr("a prompt with more than {most} combinations", most=MOST_COMBINATIONS)
        raise InvalidRequest("prompt", told, tr("one with fewer"))
    return tuple(settled(request, *texts) for texts in found)


def events_of(
    run: Callable[[Operation[None]], Generator[Event]], operations: Sequence[Operation[None]]
) -> Generator[Event]:
    """Yields the events of all operations, whose pictures count on."""
    for number, operation in enumerate(operations):
        with closing(run(operation)) as events:
            for event in events:
                if isinstance(event, Started):
                    index, count = number * event.count + event.index, len(operations) * event.count
                    yield replace(event, index=index, count=count)
                else:
                    yield event
