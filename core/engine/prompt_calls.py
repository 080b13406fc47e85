"""The network's calls with the prompts of a run built in: each has the text of its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from core.engine.families import Family
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.second_pass import request_of_second
from core.film.film import Film
from core.prompt.timeline import Timeline, acting_controls, acting_in_second_pass, first_call, timeline_of
from core.request.request import GenerationRequest


class Calls(Protocol):
    """Network calls by their number in a film, from 0."""

    def at(self, call: int) -> Predict: ...


@dataclass(frozen=True, slots=True, eq=False)
class PromptCalls:
    """The calls of one run.

    Attributes:
        predicts: for each moment of the timeline the calls with the controls that act at some time of the run; and
            one for a second pass, in which the last text acts.
        first: the number of the film's first call, as `core.prompt.timeline.first_call` counts.
        acting: for each call, counted so, the number of its controls in ``predicts``; () where they never change.
        acting_in_second: that for each call of a second pass, counted from 0.
        second_from: the number of the first call of a second pass, 0 without one.
        has_own_second: texts of its own act there.
    """

    timeline: Timeline
    predicts: tuple[tuple[Predict, ...], ...]
    first: int = 0
    acting: tuple[int, ...] = ()
    acting_in_second: tuple[int, ...] = ()
    second_from: int = 0
    has_own_second: bool = False

    def at(self, call: int) -> Predict:
        if self._is_in_second(call):
            return self.predicts[-1][_number(self.acting_in_second, call - self.second_from)]
        return self.predicts[self.timeline.at(self.first + call)][_number(self.acting, self.first + call)]

    def moment(self, call: int) -> int | None:
        """Returns the number of the timeline's moment at a call of the film, None where another text acts."""
        return None if self.has_own_second and self._is_in_second(call) else self.timeline.at(self.first + call)

    def _is_in_second(self, call: int) -> bool:
        return 0 < self.second_from <= call

    def of_film(self, film: Film) -> PromptCalls:
        """Returns the calls with the place of the film's second pass."""
        return self if film.second is None else replace(self, second_from=film.second.first_call)


def _number(acting: tuple[int, ...], call: int) -> int:
    return acting[min(call, len(acting) - 1)] if acting else 0


def prompt_calls(
    texts: Timeline,
    request: GenerationRequest,
    skipped_steps: int,
    read: Callable[[GenerationRequest], Predict],
    second: tuple[GenerationRequest, ...] = (),
) -> PromptCalls:
    """Returns the calls of a run of a request; ``read`` returns the one for a text with the controls that act.

    ``second`` is as `text_of_second` returns it.
    """
    passes = [(texts.requests, acting_controls(request, skipped_steps))]
    if second:
        passes.append((second, acting_in_second_pass(request)))
    predicts: tuple[tuple[Predict, ...], ...] = ()
    acting: list[tuple[int, ...]] = [(), ()]
    for number, (requests, sets) in enumerate(passes):
        different = list(dict.fromkeys(sets))
        predicts += tuple(tuple(read(replace(text, controls=one)) for one in different) for text in requests)
        acting[number] = tuple(map(different.index, sets))
    is_own = request.hires is not None and request.hires.has_own_texts
    first = first_call(request, skipped_steps)
    return PromptCalls(texts, predicts, first, acting[0], acting[1], has_own_second=is_own)


@dataclass(slots=True, eq=False)
class NumberedCall:
    """Stands in for a `Predict`; makes the call of the number that it is set to, however often it is repeated."""

    calls: Calls
    number: int = 0

    def __call__(self, x: torch.Tensor, t: Timestep) -> Prediction:
        return self.calls.at(self.number)(x, t)


def text_of_second(family: Family, request: GenerationRequest) -> tuple[GenerationRequest, ...]:
    """Returns the request of a second pass with the text that acts in it, the last one of its prompts."""
    if request.hires is None:
        return ()
    texts = timeline_of(request.in_second_pass, family.model.family)
    last = texts.requests[texts.order[-1]]
    texts_of_last = {"prompt": last.prompt, "negative_prompt": last.negative_prompt}
    return (replace(request_of_second(family, request), **texts_of_last),)
