from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.engine.operations.compare_schedules import other_schedules
from core.engine.sampling.schedulers import build
from core.film.film import Film
from core.request.samplers import SAMPLERS, Sampler
from tests import synthetic_film, tiny


def film_of(sampler: str, steps: int = 12, skipped: int = 0, **changes: Any) -> Film:
    run = build(sampler, dict(tiny.scheduler("v_prediction", **changes).config), steps, skipped)
    film = synthetic_film.film(1)
    return replace(
        film,
        request=replace(film.request, sampler=sampler, steps=steps),
        scheduler_config=run.config,
        schedule=run.schedule,
        skipped_steps=skipped,
    )


def label_of(sampler: Sampler) -> str:
    return f"{sampler.label} {sampler.schedule_label or ''}".rstrip()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_there_is_one_curve_for_each_way_to_spread_the_steps(sampler: str) -> None:
    """With trailing spacing all samplers take the same steps but those with Karras's sigmas and the distilled."""
    others = other_schedules(film_of(sampler, rescale_betas_zero_snr=True, timestep_spacing="trailing"))
    names = [
        f"DDPM, DDIM and {len(SAMPLERS) - 7} more",
        "DPM++ 2M Karras, DPM++ 2M SDE Karras",
        "LCM, TCD",
        "DPM++ 2M Even",
    ]
    own = next((place for place, name in enumerate(names) if SAMPLERS[sampler].name in name.split(", ")), 0)
    assert set(others) == {name for place, name in enumerate(names) if place != own}
    for schedule in others.values():
        assert schedule.steps == tuple(range(12))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_the_checkpoint_leaves_open_each_sampler_decides_for_itself(sampler: str) -> None:
    """Nothing of the film's own sampler, nor of the defaults of its class, is taken over to the others."""
    others = other_schedules(film_of(sampler))
    checkpoint = dict(tiny.scheduler("v_prediction").config)
    for name, schedule in others.items():
        labels = name.split(" and ")[0].split(", ")
        first = next(key for key, spec in SAMPLERS.items() if label_of(spec) == labels[0])
        expected = build(first, checkpoint, 12).schedule
        np.testing.assert_allclose(schedule.sigmas[1:], np.unique(expected.sigmas)[::-1][1:], rtol=0.01)


def test_a_run_from_a_picture_is_compared_with_runs_that_begin_there_too() -> None:
    film = film_of("euler", steps=12, skipped=7)
    for schedule in other_schedules(film).values():
        assert schedule.steps == (7, 8, 9, 10, 11)
