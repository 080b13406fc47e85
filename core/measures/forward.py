"""The forward process: noises a picture to a chosen level at once (Ho et al. 2020, eq. 4)."""

import math

import numpy as np

from core.film.film import Latent
from core.measures.conversions import Values


def noised(x0: Latent, noise: Latent, alpha_cumprod: float) -> Values:
    """Draws from q(x_t | x0): sqrt(alpha-bar) x0 + sqrt(1 - alpha-bar) eps, in variance-preserving scale.

    Args:
        noise: epsilon, standard normal, of the shape of x0.
        alpha_cumprod: alpha-bar of the timestep, the part of the variance that is signal, 0 to 1.
    """
    return math.sqrt(alpha_cumprod) * x0.astype(np.float32) + math.sqrt(1 - alpha_cumprod) * noise


def standard_noise(shape: tuple[int, ...], seed: int) -> Latent:
    """Returns epsilon, always equal for one seed, so that another t changes only the mixture."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
