"""Noises pictures, and converts predictions between noise, velocity and picture (Salimans & Ho 2022, section 4).

All latents are float (channels, height, width) in variance-preserving scale; see `core.measures.noise_levels`.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.film.film import Frame, Latent, PredictionType
from core.measures.noise_levels import flow_signal_and_noise, scale_of, signal_and_noise
from core.request.samplers import Space

Values = NDArray[np.floating[Any]]
"""float32; numpy's own annotations cannot tell."""


def variance_preserving(noisy: Latent, sigma: float, space: Space) -> Values:
    """Returns x_t as the network sees it, of variance 1 at every noise level, whatever scale the sampler uses."""
    x = noisy.astype(np.float32)
    match space:
        case "vp":
            return x
        case "ve":
            return x * signal_and_noise(sigma)[0]
        case "flow":
            return x / scale_of(space, sigma)


def predicted_noise(x: NDArray[Any], x0: NDArray[Any], sigma: float) -> Values:
    """Returns eps = (x_t - alpha x0) / noise, or zero if the schedule leaves no noise."""
    alpha, noise = signal_and_noise(sigma)
    if noise == 0:
        return np.zeros(x.shape, np.float32)
    return (x.astype(np.float32) - alpha * x0.astype(np.float32)) / noise


def predicted_velocity(x: NDArray[Any], x0: NDArray[Any], sigma: float) -> Values:
    """Returns v = alpha eps - noise x0: the direction in which x_t turns from noise to picture."""
    alpha, noise = signal_and_noise(sigma)
    return alpha * predicted_noise(x, x0, sigma) - noise * x0.astype(np.float32)


def predicted_flow(x: NDArray[Any], x0: NDArray[Any], sigma: float) -> Values:
    """Returns u = eps - x0: the straight way from picture to noise."""
    return predicted_noise(x, x0, sigma) - x0.astype(np.float32)


def denoised_from(x: NDArray[Any], prediction: NDArray[Any], sigma: float, kind: PredictionType) -> Values:
    """Returns x0 from any kind of prediction, such as ``cond`` alone. Infinite sigma needs v or sample."""
    alpha, noise = signal_and_noise(sigma)
    prediction = prediction.astype(np.float32)
    match kind:
        case "epsilon":
            return (x.astype(np.float32) - noise * prediction) / alpha
        case "v_prediction":
            return alpha * x.astype(np.float32) - noise * prediction
        case "sample":
            return prediction
        case "flow_prediction":
            line = x.astype(np.float32) * scale_of("flow", sigma)
            return line - flow_signal_and_noise(sigma)[1] * prediction


def noisy_of(frame: Frame, space: Space) -> Values:
    """Returns x_t of a frame in variance-preserving scale."""
    return variance_preserving(frame.noisy, frame.sigma, space)


def noised(x0: Latent, noise: Latent, alpha_cumprod: float) -> Values:
    """Draws from q(x_t | x0): sqrt(alpha-bar) x0 + sqrt(1 - alpha-bar) eps (Ho et al. 2020, eq. 4).

    `noise` is standard normal; `alpha_cumprod`, alpha-bar, is the part of the variance that is signal, 0 to 1.
    """
    return math.sqrt(alpha_cumprod) * x0.astype(np.float32) + math.sqrt(1 - alpha_cumprod) * noise


def standard_noise(shape: tuple[int, ...], seed: int) -> Latent:
    """Returns epsilon, always equal for one seed, so that another t changes only the mixture."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
