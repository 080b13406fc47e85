"""Every sampler goes to its end with every noise schedule that a model can have, and with any number of steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.engine.sampling.schedulers import SamplerRun, build
from core.errors import InvalidRequest
from core.request.request import STEPS, Source
from core.request.samplers import FLOW_SAMPLERS, SAMPLERS

RESOURCES = Path(__file__).parents[4] / "resources"
SOME_STEPS = (1, 2, 3, 20, 21, 30, 50, 150, 500)
STRENGTHS = (0.02, 0.3, 0.7, 1.0)


def of(folder: str, **changes: object) -> dict[str, Any]:
    path = RESOURCES / folder / "scheduler" / "scheduler_config.json"
    return json.loads(path.read_text("utf-8")) | changes


ZERO_SNR = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
SCHEDULES = {
    "starter": of("starter-model"),
    "sd1": of("families/stable_diffusion_1"),
    "sd2-v-zero-snr": of("families/stable_diffusion_2", **ZERO_SNR),
    "sdxl": of("families/stable_diffusion_xl"),
}
DISTINCT = {json.dumps(config, sort_keys=True): name for name, config in SCHEDULES.items()}
"""The name of each, without those that are equal: the table costs seconds."""

FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}


@torch.inference_mode()
def latents_at_the_end(run: SamplerRun) -> torch.Tensor:
    """Returns those of a start from a picture, and of one from noise where no step is left out."""
    rng = torch.Generator().manual_seed(5)
    noise, x0 = torch.randn((2, 1, 4, 2, 2), generator=rng)
    starts = [run.noised(x0, noise)]
    if run.schedule.steps[0] == 0:
        starts.append(noise * run.first_scale)
    x = torch.cat(starts)
    for t in run.timesteps:
        x = run.step(torch.tanh(run.scale(x, t)), t, x, [rng] * len(x))
    return x


def assert_goes_to_its_end(sampler: str, checkpoint: dict[str, Any], steps: int, skipped: int = 0) -> None:
    run = build(sampler, checkpoint, steps, skipped)
    assert sorted(set(run.schedule.steps)) == list(range(skipped, steps))
    firsts = [run.schedule.steps.index(step) for step in range(skipped, steps)]
    assert (np.diff(run.schedule.sigmas[firsts]) < 0).all()
    assert (run.schedule.timesteps >= 0).all()
    assert torch.isfinite(latents_at_the_end(run)).all()
    if hasattr(run.scheduler, "step_index"):  # at the level behind the last call's
        assert run.scheduler.step_index == len(run.scheduler.timesteps)


def assert_all_go_to_their_end(sampler: str, checkpoint: dict[str, Any]) -> None:
    for steps in SOME_STEPS:
        if steps <= (SAMPLERS[sampler].most_steps or STEPS[-1]):
            made = {Source("", strength).steps_of(steps) for strength in STRENGTHS} - {0}
            for count in made:
                assert_goes_to_its_end(sampler, checkpoint, steps, steps - count)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("checkpoint", DISTINCT.values())
def test_every_run_goes_to_its_end(checkpoint: str, sampler: str) -> None:
    assert_all_go_to_their_end(sampler, SCHEDULES[checkpoint])


@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_every_run_of_a_flow_goes_to_its_end(sampler: str) -> None:
    assert_all_go_to_their_end(sampler, FLOW)


@pytest.mark.parametrize("sampler", [sampler for sampler in SAMPLERS if sampler not in FLOW_SAMPLERS])
def test_samplers_without_a_flow_are_refused_before_the_run(sampler: str) -> None:
    with pytest.raises(InvalidRequest, match="flow-matching"):
        build(sampler, FLOW, 20)


@pytest.mark.parametrize("sampler", [sampler for sampler in SAMPLERS if SAMPLERS[sampler].most_steps is None])
def test_a_quotient_that_is_rounded_up_makes_no_step_more(sampler: str) -> None:
    """1000 / 61 is one of 29 that do: ``np.arange`` then ends at 1e-13, the timestep -1."""
    for skipped in (0, 40):
        assert_goes_to_its_end(sampler, SCHEDULES["starter"], 61, skipped)


def test_every_number_of_steps_has_as_many_timesteps() -> None:
    for steps in STEPS:
        run = build("ddim", SCHEDULES["starter"], steps)
        assert len(run.timesteps) == steps
        assert run.timesteps[-1] >= 0
