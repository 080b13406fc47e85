"""The noise level's many names agree with the schedule's closed form."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.noise_levels import alphas_cumprod, log_snr, signal_and_noise
from tests import synthetic_film


def closed_form_alpha_bar(timesteps: np.ndarray) -> np.ndarray:
    """Product of 1 - beta for the scaled linear schedule, written out."""
    product, products = 1.0, []
    for t in range(1000):
        root = 0.00085**0.5 + t / 999 * (0.012**0.5 - 0.00085**0.5)
        product *= 1 - root**2
        products.append(product)
    return np.array([products[int(t)] for t in timesteps])


def test_agree_with_the_schedule_in_closed_form() -> None:
    schedule = synthetic_film.schedule(30)
    alpha_bar = closed_form_alpha_bar(schedule.timesteps)
    np.testing.assert_allclose(alphas_cumprod(schedule.sigmas), alpha_bar, rtol=1e-10)
    np.testing.assert_allclose(log_snr(schedule.sigmas), np.log(alpha_bar / (1 - alpha_bar)), rtol=1e-9)


def test_end_points_are_limits_without_warnings() -> None:
    sigmas = np.array([np.inf, 0.0])
    assert list(alphas_cumprod(sigmas)) == [0, 1]
    assert list(log_snr(sigmas)) == [-np.inf, np.inf]


@pytest.mark.parametrize("sigma", [0.0, 0.03, 1.0, 14.6, np.inf])
def test_signal_and_noise_lie_on_the_circle(sigma: float) -> None:
    alpha, noise = signal_and_noise(sigma)
    assert alpha**2 + noise**2 == pytest.approx(1)
    assert alpha**2 == pytest.approx(alphas_cumprod(np.array([sigma]))[0])
