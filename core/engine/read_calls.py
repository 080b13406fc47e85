"""Reads the calls of a run when they should be read: on a GPU once the next one has been launched."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.engine.attention_probes import AttentionRecorder
from core.engine.decoding.decoding import Previews
from core.engine.sampling.copies import Copies, Copy
from core.engine.sampling.denoising import Step
from core.engine.second_pass import FirstPassDone, SecondStart
from core.errors import NotANumberPicture
from core.film.film import Film, Frame, Schedule
from core.language.words import tr
from core.runs.events import Event

Between = Event | FirstPassDone | SecondStart
Steps = Generator[Step | Between, None, torch.Tensor]
"""Yields and returns as `core.engine.generation.developed` does."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadCall:
    """A call that is on its way to the processor.

    Attributes:
        has_words: where they acted is there as well.
        is_behind: the call after it has been launched.
    """

    step: Step
    copy: Copy
    has_words: bool
    is_behind: bool = False

    @classmethod
    def begin(cls, step: Step, copies: Copies, words: torch.Tensor | None = None) -> ReadCall:
        prediction = step.prediction
        halves = () if prediction.uncond is None else (prediction.cond, prediction.uncond)
        latents = (latents[0] for latents in (step.noisy, step.denoised, step.guided, *halves))
        watched = () if words is None else (words,)
        return cls(step, copies.begin([*latents, *watched, step.guided.isfinite().all()]), bool(watched))

    @property
    def may_overflow(self) -> bool:
        """Returns True for a network that computes in float16, which ends at 65504."""
        return self.step.prediction.cond.dtype is torch.float16

    def read(self, schedule: Schedule) -> tuple[Frame, NDArray[np.float16] | None, bool]:
        """Returns the film's frame of the call, where the words acted, and whether it consists of numbers."""
        *latents, is_finite = self.copy.read()
        words = latents.pop() if self.has_words else None
        noisy, denoised, guided, *halves = latents
        call = self.step.call
        frame = Frame(
            call=call,
            step=schedule.steps[call],
            timestep=float(schedule.timesteps[call]),
            sigma=float(schedule.sigmas[call]),
            noisy=noisy,
            denoised=denoised,
            guided=guided,
            cond=halves[0] if halves else None,
            uncond=halves[1] if halves else None,
        )
        return frame, words, bool(is_finite)


def read_calls(
    steps: Steps, copies: Copies, attention: AttentionRecorder | None, previews: Previews
) -> Generator[ReadCall | Between | torch.Tensor, None, None]:
    """Yields each call when it should be read, what is told between two passes, and at last the final latents.

    On a GPU that is after the next call has been launched, so that the GPU never waits; but for a preview that is
    to be decoded, which waits anyway, and whose time is measured.
    """
    waiting: ReadCall | None = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            if waiting is not None:
                yield waiting
            yield end.value
            return
        except Exception:
            if waiting is not None:
                yield replace(waiting, is_behind=True)  # it is done, whatever became of the next one
            raise
        if not isinstance(step, Step):
            if waiting is not None:
                yield waiting
                waiting = None
            yield step
            continue
        call = ReadCall.begin(step, copies, attention.seen() if attention is not None else None)
        if waiting is not None:
            yield replace(waiting, is_behind=True)
        waiting = call
        if not copies.looks_ahead or previews.budget.allows_decode:
            waiting = None
            yield call


def with_frames(film: Film, steps: Steps, count: int, copies: Copies) -> tuple[Film, list[Between]]:
    """Returns the film with the frames of so many calls, and what is told between them.

    Raises NotANumberPicture.
    """
    between: list[Between] = []
    while len(film.frames) < count:
        step = next(steps)
        if isinstance(step, Step):
            frame, _, is_finite = ReadCall.begin(step, copies).read(film.schedule)
            if not is_finite:
                raise NotANumberPicture(tr("the network"))
            film = film.with_frame(frame)
        else:
            between.append(step)
    return film, between
