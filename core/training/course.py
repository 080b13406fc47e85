"""Runs one training: steps until the samples or the seconds are used up, with pauses to save and measure."""

import functools
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from core.training.batches import plan, supplied
from core.training.checkpoint import Learner, Progress
from core.training.parallel import Team
from core.training.settings import Phase, Run

B = TypeVar("B", covariant=True)


class Batches(Protocol[B]):
    """Makes the batch of any step from the progress alone."""

    def size(self, samples: int) -> int:
        """Returns how many samples the batch after so many samples holds."""
        ...

    def __call__(self, progress: Progress) -> B: ...


def train(
    run: Run,
    team: Team,
    phase: Phase,
    networks: Mapping[str, nn.Module],
    batches: Batches[B],
    losses: Callable[[B], dict[str, Tensor]],
    measure: Callable[[Progress, bool], dict[str, float]],
) -> None:
    """Trains networks to the end of a phase, from its last checkpoint on.

    The run's folder gets `<phase>.safetensors`, the checkpoint; `<phase>.csv`, the losses of each step; and
    `<phase>-measured.csv`, the figures of each pause.

    Args:
        losses: returns the named terms of a batch's loss; their sum is minimised.
        measure: called in the leading process after each checkpoint, while the networks carry their averaged
            weights; gets the progress and whether the training ends, returns figures to write down.
    """
    learner = Learner(run.folder / f"{phase.name}.safetensors", networks, phase.ema_decay, phase.weight_decay)
    table = run.folder / f"{phase.name}.csv"
    supply = supplied(batches, plan(learner.progress, lambda n: batches.size(n) * team.size), run.workers)
    if team.leads:
        _forget_losses_after(table, learner.progress.step)
    bar = tqdm(initial=learner.progress.samples, total=phase.samples, desc=phase.name, disable=not team.leads)
    started = paused = time.monotonic()
    while True:
        began = time.monotonic()
        is_late = run.seconds is not None and team.agreed(began - started) > run.seconds
        ends = is_late or learner.progress.samples >= phase.samples
        if team.leads and (ends or began - paused > run.settings.checkpoint_seconds):
            learner.save()
            with learner.averaged():
                figures = measure(learner.progress, ends)
            if figures:
                _append_losses(run.folder / f"{phase.name}-measured.csv", learner.progress.step, figures)
            paused = time.monotonic()
        if ends:
            bar.close()
            return
        terms = losses(next(supply))
        values = {name: float(term.detach()) for name, term in terms.items()}
        rate = learning_rate(phase.learning_rate, learner.progress.samples, phase.samples)
        learner.learn(functools.reduce(torch.add, terms.values()), rate, team)
        samples = batches.size(learner.progress.samples) * team.size
        learner.advance(samples, time.monotonic() - began)
        bar.update(samples)
        if team.leads:
            _append_losses(table, learner.progress.step, {"samples": float(learner.progress.samples), **values})


def learning_rate(
    peak: float, samples: int, total: int, *, decay_share: float = 0.35, warm_up: int = 3000
) -> float:
    """Returns the rate after so many samples: a short warm-up, a plateau, then half a cosine down to 2 %."""
    rise = min(1.0, (samples + 1) / min(warm_up, max(1, total // 10)))
    done = min(1.0, samples / total)
    if done < 1 - decay_share:
        return peak * rise
    fall = (done - (1 - decay_share)) / decay_share
    return peak * rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fall)))


def _append_losses(path: Path, step: int, values: dict[str, float]) -> None:
    """Adds a row to a table of losses."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        if is_new:
            file.write(",".join(("step", *values)) + "\n")
        file.write(",".join((str(step), *(f"{value:.6g}" for value in values.values()))) + "\n")


def _forget_losses_after(path: Path, step: int) -> None:
    """Drops the rows of steps that a resumed run will do again."""
    if not path.exists():
        return
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if int(row.split(",")[0]) <= step]
    path.write_text("\n".join((head, *kept)) + "\n", encoding="utf-8")
