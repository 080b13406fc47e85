"""Histogram, mean and standard deviation of each channel of a latent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent


@dataclass(frozen=True, slots=True, eq=False)
class ChannelNumbers:
    """The numbers of one channel.

    Attributes:
        edges: float64 (bins + 1,). counts: int64 (bins,); values outside the edges count in the outer bins.
    """

    mean: float
    std: float
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def channel_numbers(latent: Latent, reach: float, bins: int = 32) -> tuple[ChannelNumbers, ...]:
    """Returns the numbers of each channel; all histograms go from -reach to reach, to be comparable."""
    edges = np.linspace(-reach, reach, bins + 1)
    numbers: list[ChannelNumbers] = []
    for channel in latent.astype(np.float32):
        places = np.clip((channel.ravel() + reach) * (bins / (2 * reach)), 0, bins - 1)
        counts = np.bincount(places.astype(np.intp), minlength=bins).astype(np.int64)
        numbers.append(ChannelNumbers(float(channel.mean()), float(channel.std()), edges, counts))
    return tuple(numbers)
