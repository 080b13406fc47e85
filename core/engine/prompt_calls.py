"""The network's calls with the prompts of a run built in: each has the text of its time."""

from dataclasses import dataclass
from typing import Protocol

import torch

from core.engine.sampling.denoising import Predict
from core.engine.sampling.guidance import Prediction
from core.prompt.timeline import Timeline


class Calls(Protocol):
    """Network calls by their number in a film, from 0."""

    def at(self, call: int) -> Predict: ...


@dataclass(frozen=True, slots=True, eq=False)
class PromptCalls:
    """The calls of one run.

    Attributes:
        predicts: one for each moment of the timeline.
        first: the number of the film's first call, as `core.prompt.timeline.first_call` counts.
    """

    timeline: Timeline
    predicts: tuple[Predict, ...]
    first: int = 0

    def at(self, call: int) -> Predict:
        return self.predicts[self.moment(call)]

    def moment(self, call: int) -> int:
        """Returns the number of the timeline's moment at a call of the film."""
        return self.timeline.at(self.first + call)


@dataclass(slots=True, eq=False)
class NumberedCall:
    """Stands in for a `Predict`; makes the call of the number that it is set to, however often it is repeated."""

    calls: Calls
    number: int = 0

    def __call__(self, x: torch.Tensor, t: torch.Tensor) -> Prediction:
        return self.calls.at(self.number)(x, t)
