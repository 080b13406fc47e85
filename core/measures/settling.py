"""Measures when a picture settles: the distance of each x0 from the last one, and from its neighbour."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent

SETTLED_PART = 0.1
"""A picture has settled once it stays nearer to its end than this part of the longest distance."""


def distances_to_last(x0s: Sequence[Latent]) -> NDArray[np.float64]:
    """Returns (calls,): root mean square of x0_k - x0_last, in units of the standard deviation of x0_last."""
    last = x0s[-1].astype(np.float32)
    return np.array([_rms(x0.astype(np.float32) - last) for x0 in x0s]) / _spread(last)


def distances_between_neighbours(x0s: Sequence[Latent]) -> NDArray[np.float64]:
    """Returns (calls,): root mean square of x0_k - x0_(k-1), in the same unit; NaN for the first call."""
    values = [x0.astype(np.float32) for x0 in x0s]
    steps = [_rms(after - before) for before, after in itertools.pairwise(values)]
    return np.array([np.nan, *steps]) / _spread(values[-1])


def shares_of_change(x0s: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Returns (calls - 1,): the part that each change from one call to the next has of all of them; adds up to 1.

    Takes latents or pictures, also of two sizes one after the other. All parts are equal where nothing changes.
    """
    changes = np.array(
        [_rms(after.astype(np.float32) - as_large(before, after)) for before, after in itertools.pairwise(x0s)]
    )
    total = changes.sum()
    return changes / total if total > 0 else np.full(len(changes), 1 / max(len(changes), 1))


def as_large(small: NDArray[Any], large: NDArray[Any]) -> NDArray[Any]:
    """Returns an array (..., height, width) of latents or pictures (height, width, 3) with its places repeated."""
    if small.shape == large.shape:
        return small
    for axis, (have, wanted) in enumerate(zip(small.shape, large.shape, strict=True)):
        small = np.take(small, np.arange(wanted) * have // wanted, axis)
    return small


def settled_call(to_last: NDArray[np.float64], part: float = SETTLED_PART) -> int:
    """Returns the first call from which on all distances are at most ``part`` of the longest one."""
    is_far = np.flatnonzero(to_last > part * np.max(to_last))
    return int(is_far[-1]) + 1 if is_far.size else 0


def _rms(values: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(values), dtype=np.float64)))


def _spread(latent: NDArray[np.float32]) -> float:
    return float(latent.std()) or 1.0
