"""Where two pictures differ, for comparing runs, steps, and a photo with its round trip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.picture import Pixels

_FARTHEST = 255 * 3**0.5


def difference_map(first: Pixels, second: Pixels) -> NDArray[np.float32]:
    """(height, width), 0 to 1: distance of the colours; 1 is from black to white. The sizes must be the same."""
    difference = first.astype(np.float32) - second.astype(np.float32)
    return np.sqrt(np.square(difference).sum(axis=2)) / np.float32(_FARTHEST)
