"""The brush: round dabs, set close to one another along the way of the pointer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

from app.masks.area import Coverage
from core.pictures.mask import MaskPixels

LARGEST_PX = 1000
"""The largest diameter, as Krita's."""
SPACING = 0.1
"""The way from one dab to the next, as a part of the radius: the edge of a stroke stays smooth to a pixel."""
LEAST_SPACING_PX = 0.5
FINE_RADIUS_PX = 32.0
"""Up to this radius dabs are placed by quarters of a pixel, larger ones by whole pixels."""


class PressureUse(Enum):
    """The effect of pressing a pen harder."""

    nothing = "nothing"
    size = "size"
    strength = "strength"


@dataclass(frozen=True, slots=True)
class Brush:
    """The settings of the brush.

    Attributes:
        diameter_px: in pixels of the picture, 1 to `LARGEST_PX`.
        softness: 0 to 1, the part of the radius over which a dab fades to nothing; 0 has a sharp edge.
        strength: 0 to 1, the level in the middle of a dab.
        pressure: see `PressureUse`.
    """

    diameter_px: float = 64.0
    softness: float = 0.3
    strength: float = 1.0
    pressure: PressureUse = PressureUse.size

    def dab(self, x: float, y: float, pressure: float = 1.0) -> Coverage:
        """Returns what one dab covers around a point of the picture, whose first pixel has its middle at 0.5."""
        radius, strength = self.radius(pressure), self.strength
        if self.pressure is PressureUse.strength:
            strength *= pressure
        steps = 4 if radius <= FINE_RADIUS_PX else 1
        left, top = (math.floor(place * steps + 0.5) for place in (x - 0.5, y - 0.5))
        levels = _levels(radius, self.softness, round(255 * strength), left % steps / steps, top % steps / steps)
        reach = levels.shape[0] // 2
        return Coverage(left // steps - reach, top // steps - reach, levels)

    def radius(self, pressure: float = 1.0) -> float:
        """Returns the radius in pixels, in steps of a quarter of a pixel and a hundredth of itself."""
        factor = pressure if self.pressure is PressureUse.size else 1.0
        radius = max(self.diameter_px / 2 * factor, 0.5)
        step = max(0.25, self.diameter_px / 200)
        return max(round(radius / step) * step, 0.5)


@lru_cache(maxsize=16)
def _levels(radius: float, softness: float, strength: int, dx: float, dy: float) -> MaskPixels:
    """Returns a dab with its middle ``dx`` and ``dy`` pixels after the middle of the array's middle pixel."""
    reach = math.ceil(radius + 1)
    places = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.sqrt(np.square(places - np.float32(dx))[None] + np.square(places - np.float32(dy))[:, None])
    fade = np.float32(max(softness * radius, 1.0))
    inside = np.clip((np.float32(radius + 0.5) - distance) / fade, 0, 1)
    inside *= inside * (3 - 2 * inside)
    levels = (inside * strength + 0.5).astype(np.uint8)
    levels.flags.writeable = False
    return levels


class Stroke:
    """Places dabs along the way of a pointer, each as far from the last as its size demands."""

    def __init__(self, brush: Brush, x: float, y: float, pressure: float = 1.0) -> None:
        self._brush = brush
        self._last = (x, y, pressure)
        self._left_px = 0.0

    def to(self, x: float, y: float, pressure: float = 1.0) -> Iterator[Coverage]:
        """Goes on to a point in a straight line; the first call also covers the beginning."""
        from_x, from_y, from_pressure = self._last
        way = math.hypot(x - from_x, y - from_y)
        done = self._left_px
        while done <= way:
            part = done / way if way else 0.0
            now = from_pressure + (pressure - from_pressure) * part
            yield self._brush.dab(from_x + (x - from_x) * part, from_y + (y - from_y) * part, now)
            done += max(self._brush.radius(now) * SPACING, LEAST_SPACING_PX)
        self._left_px = done - way
        self._last = (x, y, pressure)
