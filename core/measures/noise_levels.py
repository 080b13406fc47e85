"""Converts noise levels between the forms that papers use; sigma, noise over signal, is the common currency.

Variance preserving (Ho et al. 2020): x_t = alpha x0 + noise eps with alpha² = alpha-bar and alpha² + noise² = 1.
Variance exploding (Karras et al. 2022): x_t = x0 + sigma eps. The two differ by the factor sqrt(1 + sigma²).
Flow matching (Lipman et al. 2023): x_t = (1 - s) x0 + s eps with sigma = s / (1 - s).
"""

import numpy as np
from numpy.typing import NDArray

from core.request.samplers import Space

Numbers = NDArray[np.float64]


def alphas_cumprod(sigmas: Numbers) -> Numbers:
    """Returns alpha-bar = 1 / (1 + sigma²), the part of the variance that is signal, 0 to 1."""
    return 1.0 / (1.0 + np.square(sigmas))


def log_snr(sigmas: Numbers) -> Numbers:
    """Returns the natural logarithm of the SNR 1 / sigma² (Kingma et al. 2021); equal steps in it look equal."""
    with np.errstate(divide="ignore"):
        return -2.0 * np.log(sigmas)


def picture_share(sigma: float) -> float:
    """Returns the part of x_t that is picture by amplitude, alpha / (alpha + noise) = 1 / (1 + sigma), 0 to 1."""
    return 1.0 / (1.0 + sigma)


def signal_and_noise(sigma: float) -> tuple[float, float]:
    """Returns (alpha, noise), the factors of x0 and eps in variance-preserving form; (0, 1) at infinite sigma."""
    if np.isinf(sigma):
        return 0.0, 1.0
    alpha = 1.0 / float(np.sqrt(1.0 + sigma * sigma))
    return alpha, sigma * alpha


def flow_signal_and_noise(sigma: float) -> tuple[float, float]:
    """Returns (1 - s, s), the factors of x0 and eps on the straight line; (0, 1) at infinite sigma."""
    if np.isinf(sigma):
        return 0.0, 1.0
    noise = sigma / (1.0 + sigma)
    return 1.0 - noise, noise


def sigmas_of_flow(noise: Numbers) -> Numbers:
    """Returns sigma = s / (1 - s); infinite for pure noise."""
    with np.errstate(divide="ignore"):
        return noise / (1.0 - noise)


def scale_of(space: Space, sigma: float) -> float:
    """Returns the factor from variance-preserving latents to those of ``space``; 0 stands for infinite."""
    match space:
        case "vp":
            return 1.0
        case "ve":
            alpha = signal_and_noise(sigma)[0]
            return 1.0 / alpha if alpha else 0.0
        case "flow":
            return float(np.hypot(*flow_signal_and_noise(sigma)))
