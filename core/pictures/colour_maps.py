"""Colours for a map of strengths, dark to bright, that also read in grey."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pictures.pixels import Pixels

_STOPS = np.array(
    [[0, 0, 4], [40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21], [250, 193, 39]], float
)
"""Anchors of the colour map *inferno* of matplotlib, without its pale end."""


def heat(strengths: NDArray[Any]) -> Pixels:
    """Returns the heat map, uint8 (height, width, 3), of strengths (height, width), 0 to 1."""
    places = np.clip(strengths, 0, 1) * (len(_STOPS) - 1)
    channels = [np.interp(places, np.arange(len(_STOPS)), _STOPS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def heat_over(picture: Pixels, strengths: NDArray[Any]) -> Pixels:
    """Returns the heat map laid over a picture, whose forms stay visible in grey.

    ``strengths`` are (height, width) of the picture, or of a whole part of that.
    """
    side = len(picture) // len(strengths)
    strengths = strengths.repeat(side, axis=0).repeat(side, axis=1)
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    mixed = 0.7 * heat(strengths).astype(np.float32) + 0.3 * grey[..., None]
    return mixed.astype(np.uint8)


def diverging(values: NDArray[Any], reach: float) -> Pixels:
    """Returns uint8 (height, width, 3): blue for -reach, near white for 0, red for reach."""
    part = np.clip(values.astype(np.float32) / reach, -1, 1)
    middle = np.array([244, 242, 240], np.float32)
    ends = np.where(part[..., None] < 0, np.array([33, 102, 172], np.float32), np.array([178, 24, 43], np.float32))
    return (middle + (ends - middle) * np.abs(part)[..., None]).astype(np.uint8)
