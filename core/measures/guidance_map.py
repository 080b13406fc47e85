"""The difference that guidance enlarges, over the picture (Ho & Salimans 2022)."""

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent
from core.measures.conversions import Values


def guidance_map(cond: Latent, uncond: Latent) -> NDArray[np.float32]:
    """Returns (height, width): norm over the channels of cond - uncond."""
    difference = cond.astype(np.float32) - uncond.astype(np.float32)
    return np.sqrt(np.square(difference).sum(axis=0))


def guided(cond: Latent, uncond: Latent, guidance_scale: float) -> Values:
    """Returns uncond + g (cond - uncond)."""
    without = uncond.astype(np.float32)
    return without + guidance_scale * (cond.astype(np.float32) - without)
