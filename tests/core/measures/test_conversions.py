"""Noise, velocity and picture are the same prediction in other words."""

from __future__ import annotations

import numpy as np
import pytest

from core.film.film import PredictionType
from core.measures.conversions import (
    denoised_from,
    noisy_of,
    predicted_noise,
    predicted_velocity,
    variance_preserving,
)
from core.request.samplers import Space
from tests import synthetic_film

SIGMAS = [0.03, 1.0, 14.6]


def drawn(sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    rng = np.random.default_rng(1)
    x0, eps = (rng.standard_normal((4, 8, 8), dtype=np.float32) for _ in range(2))
    alpha, noise = 1 / np.sqrt(1 + sigma**2), sigma / np.sqrt(1 + sigma**2)
    return x0, eps, (alpha * x0 + noise * eps).astype(np.float32), alpha, noise


@pytest.mark.parametrize("sigma", SIGMAS)
def test_give_back_noise_and_velocity_that_were_put_in(sigma: float) -> None:
    x0, eps, x, alpha, noise = drawn(sigma)
    np.testing.assert_allclose(predicted_noise(x, x0, sigma), eps, atol=1e-4)
    np.testing.assert_allclose(predicted_velocity(x, x0, sigma), alpha * eps - noise * x0, atol=1e-4)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_every_kind_of_prediction_leads_back_to_the_picture(sigma: float) -> None:
    x0, eps, x, alpha, noise = drawn(sigma)
    predictions: dict[PredictionType, np.ndarray] = {
        "epsilon": eps,
        "v_prediction": alpha * eps - noise * x0,
        "sample": x0,
    }
    for kind, prediction in predictions.items():
        np.testing.assert_allclose(denoised_from(x, prediction, sigma, kind), x0, atol=1e-4)


def test_at_infinite_sigma_everything_is_noise() -> None:
    x0, eps, *_ = drawn(1.0)
    np.testing.assert_array_equal(predicted_noise(eps, x0, np.inf), eps)
    np.testing.assert_array_equal(predicted_velocity(eps, x0, np.inf), -x0)


def test_without_noise_there_is_none_to_predict() -> None:
    x0, *_ = drawn(1.0)
    assert not predicted_noise(x0, x0, 0.0).any()


@pytest.mark.parametrize("space", ["vp", "ve"])
def test_the_scale_of_the_sampler_does_not_matter(space: Space) -> None:
    vp, film = synthetic_film.film(5), synthetic_film.film(5, space=space)
    np.testing.assert_allclose(noisy_of(film.frames[0], space), vp.frames[0].noisy, atol=1e-5)


def test_scaling_does_not_change_the_recorded_latent() -> None:
    x = np.ones((1, 2, 2), np.float32)
    variance_preserving(x, 3.0, "ve")
    assert (x == 1).all()


def test_a_film_of_noise_predictions_records_the_same_noise() -> None:
    for frame in synthetic_film.film(6).frames:
        np.testing.assert_allclose(
            predicted_noise(frame.noisy, frame.denoised, frame.sigma), frame.guided, atol=1e-4
        )
