"""The difference of two pictures, to compare runs, steps, and a photo with its round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Pixels

_FARTHEST = 255 * 3**0.5
_ROUNDING = 1e-6

SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""The scales of a difference map: its brightest colour stands for this part of black to white."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """The distance between two pictures of one size.

    Attributes:
        distances: float32 (height, width), 0 to 1: distance of the colours; 1 is from black to white.
        mean, largest: of the distances.
        differing: the part of the pixels that differs, 0 to 1.
    """

    distances: NDArray[np.float32]
    mean: float
    largest: float
    differing: float

    @classmethod
    def between(cls, first: Pixels, second: Pixels) -> Difference:
        """Compares two pictures, whose sizes must be equal."""
        distances = difference_map(first, second)
        differing = float(np.count_nonzero(distances)) / distances.size
        return cls(distances, float(distances.mean()), float(distances.max()), differing)

    @property
    def fitting_scale(self) -> float:
        """Returns the smallest of `SCALES` that shows all but the farthest hundredth of the pixels unclipped."""
        reach = float(np.quantile(self.distances, 0.99))
        return next((scale for scale in SCALES if scale >= reach - _ROUNDING), SCALES[-1])


def spread(pictures: Sequence[Pixels] | Pixels) -> float:
    """Returns the mean absolute difference of all pairs of pictures of one size, 0 to 255."""
    wide = [picture.astype(np.int16) for picture in pictures]
    return float(np.mean([np.abs(first - second).mean() for first, second in combinations(wide, 2)]))


def difference_map(first: Pixels, second: Pixels) -> NDArray[np.float32]:
    """Returns (height, width), 0 to 1: distance of the colours; 1 is from black to white. Sizes must be equal."""
    difference = first.astype(np.float32) - second.astype(np.float32)
    return np.sqrt(np.square(difference).sum(axis=2)) / np.float32(_FARTHEST)
