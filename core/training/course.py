"""The course of a training: steps until the samples or the seconds are used up, with pauses to save and look."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from core.training.journal import append_losses, forget_losses_after
from core.training.learner import Learner
from core.training.parallel import Team
from core.training.schedule import learning_rate


@dataclass(frozen=True, slots=True)
class Course:
    """How long to train, and what is written down.

    Attributes:
        name: what the progress bar says.
        samples: in all, over all processes and all calls.
        peak_rate: the highest learning rate.
        seconds: stop after so many seconds of this call; None trains to the end.
        pause_seconds: time between two pauses; there is one at the end in any case.
        losses: the table of losses, CSV.
    """

    name: str
    samples: int
    peak_rate: float
    seconds: float | None
    pause_seconds: float
    losses: Path


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one step gives: the loss to go down, values for the table, and how many samples were seen."""

    loss: Tensor
    values: dict[str, float]
    samples: int


def train(
    learner: Learner,
    team: Team,
    course: Course,
    give_lesson: Callable[[], Lesson],
    pause: Callable[[bool], None],
) -> None:
    """Train to the end of the course.

    Args:
        give_lesson: computes the loss of the next step, the one after the learner's progress.
        pause: called in the leading process, with whether it is the last time, after the checkpoint is written.
    """
    if team.leads:
        forget_losses_after(course.losses, learner.progress.step)
    bar = tqdm(initial=learner.progress.samples, total=course.samples, desc=course.name, disable=not team.leads)
    started = paused = time.monotonic()
    while True:
        began = time.monotonic()
        is_late = course.seconds is not None and team.agreed(began - started) > course.seconds
        ends = is_late or learner.progress.samples >= course.samples
        if team.leads and (ends or began - paused > course.pause_seconds):
            learner.save()
            pause(ends)
            paused = time.monotonic()
        if ends:
            bar.close()
            return
        lesson = give_lesson()
        rate = learning_rate(course.peak_rate, learner.progress.samples, course.samples)
        learner.learn(lesson.loss, rate, team)
        samples = lesson.samples * team.size
        learner.advance(samples, time.monotonic() - began)
        bar.update(samples)
        if team.leads:
            row = {"samples": float(learner.progress.samples), **lesson.values}
            append_losses(course.losses, learner.progress.step, row)
