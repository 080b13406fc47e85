"""The forward process has the mean and the variance of q(x_t | x0)."""

from __future__ import annotations

import numpy as np
import pytest

from core.measures.forward import noised

SAMPLES = 10_000


@pytest.mark.parametrize("alpha_cumprod", [0.9991, 0.5, 0.0047])
def test_has_the_mean_and_variance_of_the_closed_form(alpha_cumprod: float) -> None:
    rng = np.random.default_rng(2)
    x0 = np.linspace(-2, 2, 16, dtype=np.float32).reshape(1, 4, 4)
    draws = np.stack([noised(x0, alpha_cumprod, rng) for _ in range(SAMPLES)])
    variance = 1 - alpha_cumprod
    five_errors = 5 * np.sqrt(variance / SAMPLES)
    np.testing.assert_allclose(draws.mean(axis=0), np.sqrt(alpha_cumprod) * x0, atol=five_errors)
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=5 * np.sqrt(2 / SAMPLES))


def test_ends_are_the_picture_and_pure_noise() -> None:
    x0 = np.full((1, 4, 4), 3.0, np.float16)
    np.testing.assert_array_equal(noised(x0, 1.0, np.random.default_rng(0)), x0)
    noise = np.random.default_rng(0).standard_normal((1, 4, 4), dtype=np.float32)
    np.testing.assert_array_equal(noised(x0, 0.0, np.random.default_rng(0)), noise)
