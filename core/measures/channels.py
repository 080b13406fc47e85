"""What each channel of a latent holds: its histogram, mean and standard deviation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent


@dataclass(frozen=True, slots=True, eq=False)
class ChannelNumbers:
    """One channel.

    Attributes:
        edges: float64 (bins + 1,). counts: int64 (bins,); values outside the edges count in the outer bins.
    """

    mean: float
    std: float
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def channel_numbers(latent: Latent, reach: float, bins: int = 32) -> tuple[ChannelNumbers, ...]:
    """For each channel of a latent; the histograms all go from -reach to reach, to be compared."""
    edges = np.linspace(-reach, reach, bins + 1)
    numbers: list[ChannelNumbers] = []
    for channel in latent.astype(np.float32):
        places = np.clip((channel.ravel() + reach) * (bins / (2 * reach)), 0, bins - 1)
        counts = np.bincount(places.astype(np.intp), minlength=bins).astype(np.int64)
        numbers.append(ChannelNumbers(float(channel.mean()), float(channel.std()), edges, counts))
    return tuple(numbers)
