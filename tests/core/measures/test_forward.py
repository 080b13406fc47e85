"""The forward process has the mean and the variance of q(x_t | x0)."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.conversions import noised, standard_noise

SAMPLES = 10_000


@pytest.mark.parametrize("alpha_cumprod", [0.9991, 0.5, 0.0047])
def test_has_the_mean_and_variance_of_the_closed_form(alpha_cumprod: float) -> None:
    x0 = np.linspace(-2, 2, 16, dtype=np.float32).reshape(1, 4, 4)
    draws = np.stack([noised(x0, standard_noise(x0.shape, seed), alpha_cumprod) for seed in range(SAMPLES)])
    variance = 1 - alpha_cumprod
    five_errors = 5 * np.sqrt(variance / SAMPLES)
    np.testing.assert_allclose(draws.mean(axis=0), np.sqrt(alpha_cumprod) * x0, atol=five_errors)
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=5 * np.sqrt(2 / SAMPLES))


def test_ends_are_the_picture_and_pure_noise() -> None:
    x0 = np.full((1, 4, 4), 3.0, np.float16)
    noise = standard_noise(x0.shape, 0)
    np.testing.assert_array_equal(noised(x0, noise, 1.0), x0)
    np.testing.assert_array_equal(noised(x0, noise, 0.0), noise)


def test_noise_is_the_same_for_the_same_seed_only() -> None:
    assert np.array_equal(standard_noise((2, 3, 3), 5), standard_noise((2, 3, 3), 5))
    assert not np.array_equal(standard_noise((2, 3, 3), 5), standard_noise((2, 3, 3), 6))
