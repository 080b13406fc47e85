"""The power of a latent by spatial frequency, in octaves: low ones are layout, high ones texture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.film.film import Latent

SETTLED_WITHIN = 0.2
"""A band is near its last power while it differs by at most this part of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Power of a latent by octave of spatial frequency.

    Attributes:
        edges: float64 (bands + 1,), in cycles per picture (its longer side); a band holds its lower edge.
        power: float64 (bands,), the part of the mean square that lies in the band. With ``mean_power``, that of
            the constant part, the bands add up to the mean square of the latent (Parseval).
    """

    edges: NDArray[np.float64]
    power: NDArray[np.float64]
    mean_power: float


def spectrum(latent: Latent) -> Spectrum:
    """Returns the radially averaged power of a latent (channels, height, width), averaged over its channels."""
    channels, height, width = latent.shape
    edges, band_of = _bands(height, width)
    coefficients = np.fft.fft2(latent.astype(np.float32)) / (height * width)
    power = np.square(np.abs(coefficients)).sum(axis=0, dtype=np.float64) / channels
    by_band: NDArray[np.float64] = np.bincount(band_of.ravel(), power.ravel(), len(edges)).astype(np.float64)
    return Spectrum(edges, by_band[1:], float(by_band[0]))


@lru_cache(maxsize=8)
def _bands(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Returns edges, and the band of each frequency (0: the constant part)."""
    longer = max(height, width)
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :]
    radius = np.hypot(rows, columns) * longer  # cycles per longer side
    octaves = max(1, int(np.floor(np.log2(max(radius.max(), 1)))) + 1)
    edges = np.exp2(np.arange(octaves + 1, dtype=np.float64))
    with np.errstate(divide="ignore"):
        band_of = np.floor(np.log2(np.maximum(radius, 0.5))).astype(np.intp) + 1  # radius 1 to 2 is band 1
    band_of[radius > 0] = np.maximum(band_of[radius > 0], 1)
    band_of[0, 0] = 0
    return edges, band_of


def settled_bands(spectra: Sequence[Spectrum]) -> list[int]:
    """Returns for each band the first call from which on its power stays near that of the last call."""
    power = np.stack([found.power for found in spectra])
    is_far = np.abs(power - power[-1]) > SETTLED_WITHIN * power[-1]
    return [int(np.flatnonzero(band)[-1]) + 1 if band.any() else 0 for band in is_far.T]
