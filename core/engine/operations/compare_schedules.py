"""The noise schedules of other samplers with as many steps, for comparison."""

from collections.abc import Iterator

import numpy as np

from core.engine.context import Context
from core.engine.sampling import schedulers
from core.errors import InvalidRequest
from core.film.film import Film, Schedule
from core.language.words import tr
from core.request.samplers import SAMPLERS
from core.runs.events import Event, Finished
from core.runs.operations import CompareSchedules

SAME_NOISE = 0.01
"""Schedules that differ by less than this part of sigma at every step are one curve."""

TRAINING = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "rescale_betas_zero_snr",
    "prediction_type",
    "timestep_spacing",
    "steps_offset",
    "set_alpha_to_one",
)
"""The keys of a scheduler's configuration that belong to the checkpoint; the rest belongs to the sampler."""


def run(_context: Context, operation: CompareSchedules) -> Iterator[Event]:
    yield Finished(other_schedules(operation.film.pass_at(0)))


def other_schedules(film: Film) -> dict[str, Schedule]:
    """Finds the different schedules among all samplers, without the one that the film has itself.

    Returns:
        By the names of its samplers ("DDPM, DDIM and 3 more"), where a schedule is at the first network call of
        each step; samplers with two calls in a step ask at the same places as those with one.
    """
    assumed = film.scheduler_config.get("_use_default_values", ())  # by diffusers' class, not by the checkpoint
    checkpoint = {key: film.scheduler_config[key] for key in TRAINING if key in film.scheduler_config}
    checkpoint = {key: value for key, value in checkpoint.items() if key not in assumed}
    groups: list[tuple[Schedule, list[str]]] = [(_first_calls(film.schedule), [])]
    for name, sampler in SAMPLERS.items():
        try:
            sampling = schedulers.build(name, checkpoint, film.request.steps, film.skipped_steps)
        except InvalidRequest:
            continue  # not with so many steps, or not with this kind of prediction
        schedule = _first_calls(sampling.schedule)
        for known, labels in groups:
            if _is_same(known, schedule):
                labels.append(sampler.name)
                break
        else:
            groups.append((schedule, [sampler.name]))
    return {_name(labels): schedule for schedule, labels in groups[1:]}


def _first_calls(schedule: Schedule) -> Schedule:
    steps, calls = np.unique(schedule.steps, return_index=True)
    return Schedule(schedule.timesteps[calls], schedule.sigmas[calls], tuple(int(step) for step in steps))


def _is_same(one: Schedule, other: Schedule) -> bool:
    """Leaves out the first step: with zero terminal SNR that is all noise, written as infinite or as 4096."""
    if one.calls != other.calls:
        return False
    return bool(np.allclose(one.sigmas[1:], other.sigmas[1:], rtol=SAME_NOISE, atol=0.0))


def _name(labels: list[str]) -> str:
    named, more = labels[:2], len(labels) - 2
    return ", ".join(named) + (tr(" and {more} more", more=more) if more > 0 else "")
