"""Our LMS is diffusers' own, coefficient by coefficient and step by step, without scipy."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from diffusers.schedulers.scheduling_lms_discrete import LMSDiscreteScheduler as StockScheduler

from core.engine.sampling.linear_multistep import ORDER, LMSDiscreteScheduler

CONFIGS = (
    {},
    {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "timestep_spacing": "leading"},
    {"use_karras_sigmas": True, "timestep_spacing": "trailing"},
    {"prediction_type": "v_prediction"},
    {"prediction_type": "sample"},
)
WITHOUT_SCIPY = """
import gc, sys
gc.disable()  # a third of the time that the imports take
from importlib.machinery import PathFinder

found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == "scipy" else found(name, *rest)
import torch
from core.request.samplers import SAMPLERS
from core.engine.sampling.schedulers import build
for sampler in SAMPLERS:
    build(sampler, {"num_train_timesteps": 1000}, 4)
assert "scipy" not in sys.modules
"""


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("steps", [1, 2, 7, 50])
def test_coefficients_are_those_of_diffusers_to_the_last_bit(config: dict[str, object], steps: int) -> None:
    stock, ours = StockScheduler(**config), LMSDiscreteScheduler(**config)  # pyright: ignore[reportArgumentType]
    stock.set_timesteps(steps)
    ours.set_timesteps(steps)
    assert torch.equal(stock.sigmas, ours.sigmas)
    for step in range(steps):
        order = min(step + 1, ORDER)
        for past in range(order):
            assert ours.coefficients[step, past] == stock.get_lms_coefficient(order, step, past)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_latents_are_those_of_diffusers_to_the_last_bit(config: dict[str, object]) -> None:
    stock, ours = StockScheduler(**config), LMSDiscreteScheduler(**config)  # pyright: ignore[reportArgumentType]
    latents = []
    for scheduler in (stock, ours):
        rng = torch.Generator().manual_seed(3)
        scheduler.set_timesteps(9)
        x = torch.randn(2, 4, 8, 8, generator=rng) * scheduler.init_noise_sigma
        for t in scheduler.timesteps:
            scaled = scheduler.scale_model_input(x, t)
            x = scheduler.step(torch.tanh(scaled) + torch.randn(x.shape, generator=rng), t, x, return_dict=False)[
                0
            ]
        latents.append(x)
    assert torch.equal(*latents)


def test_every_sampler_is_there_without_scipy() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_SCIPY], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
