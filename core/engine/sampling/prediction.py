"""From what the network predicts to its estimate of the picture (x0), for every kind of prediction.

In variance-preserving form, x_t = alpha x0 + sigma eps with alpha² + sigma² = 1 (Ho et al. 2020, eq. 4):

    epsilon   the network predicts eps            x0 = (x_t - sigma eps) / alpha
    v         v = alpha eps - sigma x0            x0 = alpha x_t - sigma v       (Salimans & Ho 2022, appendix D)
    sample    the network predicts x0 itself

On the straight line between the two, x_t = (1 - s) x0 + s eps (Lipman et al. 2023; Liu et al. 2023):

    flow      the velocity u = eps - x0           x0 = x_t - s u
"""

import math

import torch

from core.film.film import PredictionType
from core.measures.noise_levels import flow_signal_and_noise


def denoised(x: torch.Tensor, prediction: torch.Tensor, sigma: float, kind: PredictionType) -> torch.Tensor:
    """x0 in float32.

    Args:
        x: the latent that the network was given: float32; for flow on the straight line, else variance preserving.
        sigma: noise to signal ratio sigma / alpha of ``x``, 0 to infinity.
    """
    alpha = 1.0 / math.sqrt(1.0 + sigma * sigma)
    noise = 1.0 if math.isinf(sigma) else sigma * alpha
    match kind:
        case "epsilon":
            return (x - noise * prediction.float()) / alpha
        case "v_prediction":
            return alpha * x - noise * prediction.float()
        case "sample":
            return prediction.float()
        case "flow_prediction":
            return x - flow_signal_and_noise(sigma)[1] * prediction.float()
