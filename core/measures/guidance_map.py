"""The difference that guidance enlarges, over the picture (Ho & Salimans 2022)."""

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent


def guidance_map(cond: Latent, uncond: Latent) -> NDArray[np.float32]:
    """Returns (height, width): norm over the channels of cond - uncond."""
    difference = cond.astype(np.float32) - uncond.astype(np.float32)
    return np.sqrt(np.square(difference).sum(axis=0))
