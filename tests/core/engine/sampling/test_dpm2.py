"""Our DPM2 schedulers are diffusers' own to the last bit, without the table that their constructors make."""

from __future__ import annotations

import diffusers
import numpy as np
import pytest
import torch

from core.engine.sampling import dpm2

CONFIGS = (
    {},
    {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "timestep_spacing": "leading"},
    {"use_karras_sigmas": True, "timestep_spacing": "trailing"},
    {"prediction_type": "v_prediction"},
)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("name", ["KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"])
def test_they_are_set_up_as_those_of_diffusers_are(name: str, config: dict[str, object]) -> None:
    stock, ours = (getattr(place, name)(**config) for place in (diffusers, dpm2))
    assert type(ours).__name__ == name
    assert len(ours.timesteps) < 10 < len(stock.timesteps)
    for scheduler in (stock, ours):
        scheduler.set_timesteps(7)
    assert vars(stock).keys() == vars(ours).keys()
    for key, value in vars(stock).items():
        if isinstance(value, torch.Tensor):
            np.testing.assert_array_equal(value.numpy(), getattr(ours, key).numpy())
        else:
            assert value == getattr(ours, key)
    assert stock.init_noise_sigma == ours.init_noise_sigma
