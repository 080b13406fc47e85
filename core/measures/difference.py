"""Where two pictures differ, for comparing runs, steps, and a photo with its round trip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Pixels

_FARTHEST = 255 * 3**0.5
_ROUNDING = 1e-6

SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""What the brightest colour of a difference map may stand for, as a part of the way from black to white."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """How far two pictures of one size are apart.

    Attributes:
        distances: float32 (height, width), 0 to 1: distance of the colours; 1 is from black to white.
        mean, largest: of the distances.
        differing: which part of the pixels is not the same, 0 to 1.
    """

    distances: NDArray[np.float32]
    mean: float
    largest: float
    differing: float

    @classmethod
    def between(cls, first: Pixels, second: Pixels) -> Difference:
        """The sizes must be the same."""
        distances = difference_map(first, second)
        return cls(
            distances,
            float(distances.mean()),
            float(distances.max()),
            float(np.count_nonzero(distances)) / distances.size,
        )

    @property
    def fitting_scale(self) -> float:
        """The smallest of `SCALES` that shows all but the farthest hundredth of the pixels in their own colour."""
        reach = float(np.quantile(self.distances, 0.99))
        return next((scale for scale in SCALES if scale >= reach - _ROUNDING), SCALES[-1])


def difference_map(first: Pixels, second: Pixels) -> NDArray[np.float32]:
    """(height, width), 0 to 1: distance of the colours; 1 is from black to white. The sizes must be the same."""
    difference = first.astype(np.float32) - second.astype(np.float32)
    return np.sqrt(np.square(difference).sum(axis=2)) / np.float32(_FARTHEST)
