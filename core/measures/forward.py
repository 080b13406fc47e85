"""The forward process: a picture drowned in noise to a chosen level at once (Ho et al. 2020, eq. 4)."""

from __future__ import annotations

import math

import numpy as np

from core.film import Latent
from core.measures.conversions import Values


def noised(x0: Latent, alpha_cumprod: float, rng: np.random.Generator) -> Values:
    """A draw from q(x_t | x0): sqrt(alpha-bar) x0 + sqrt(1 - alpha-bar) eps, in variance-preserving scale."""
    noise = rng.standard_normal(x0.shape, dtype=np.float32)
    return math.sqrt(alpha_cumprod) * x0.astype(np.float32) + math.sqrt(1 - alpha_cumprod) * noise
