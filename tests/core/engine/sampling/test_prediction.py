"""x0 from every kind of prediction, against the forward process that made the latent."""

from __future__ import annotations

import math

import pytest
import torch

from core.engine.sampling.guidance import Prediction, combine
from core.engine.sampling.prediction import denoised
from core.film.film import PredictionType


@pytest.mark.parametrize("sigma", [0.05, 1.0, 14.6])
@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_a_perfect_prediction_gives_the_picture_back(kind: PredictionType, sigma: float) -> None:
    generator = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, 1, 4, 8, 8, generator=generator)
    alpha, noise = 1 / math.sqrt(1 + sigma**2), sigma / math.sqrt(1 + sigma**2)
    x = alpha * x0 + noise * eps
    prediction = {"epsilon": eps, "v_prediction": alpha * eps - noise * x0, "sample": x0}[kind]
    assert torch.allclose(denoised(x, prediction, sigma, kind), x0, atol=1e-4)


def test_pure_noise_is_all_prediction() -> None:
    v = torch.randn(1, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(denoised(torch.ones(1, 4, 2, 2), v, math.inf, "v_prediction"), -v)


def test_guidance_goes_beyond_the_prompts_own_prediction() -> None:
    prediction = Prediction(cond=torch.tensor(3.0), uncond=torch.tensor(1.0))
    assert combine(prediction, 1.0) == 3.0
    assert combine(prediction, 4.0) == 9.0
    assert combine(Prediction(torch.tensor(3.0), None), 4.0) == 3.0
