"""The time that each picture of a film is shown, so that the picture changes at an even rate."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.measures.settling import shares_of_change

SHORTEST, LONGEST = 0.25, 4.0
"""In mean durations: a step that changes nothing is still seen, and one that changes all is waited for."""


def even_motion(x0s: Sequence[NDArray[Any]]) -> tuple[float, ...]:
    """Returns for each call how long it is shown, as a multiple of the mean: by what changes up to the next one.

    The last one counts 1. Takes latents or pictures.
    """
    shares = shares_of_change(x0s)
    durations = np.clip(shares * len(shares), SHORTEST, LONGEST)
    if durations.size:
        durations /= durations.mean()
    return (*durations.tolist(), 1.0)
