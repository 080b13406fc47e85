"""The colours of a postcard: the sky of each time of day, how its light tints land and objects, and the paints."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.training.scene import Colour, Time

Pixels = NDArray[np.float32]


def rgb(red: float, green: float, blue: float) -> Pixels:
    """Returns a colour from three values in 0..255."""
    return np.array([red, green, blue], dtype=np.float32) * np.float32(1 / 255)


def mix(first: Pixels, second: Pixels, share: float) -> Pixels:
    """Mixes two colours: `first` at share 0, `second` at share 1."""
    return (first + np.float32(share) * (second - first)).astype(np.float32)


SNOW = rgb(244, 248, 255)


@dataclass(frozen=True, slots=True)
class Daylight:
    """The light of one time of day.

    Attributes:
        sky: colours from the top of the sky to the horizon.
        land: factor (3,) on everything that lies on the ground.
        paint: factor (3,) on objects: milder than `land`, so that a colour word stays recognisable.
        haze: the colour that distance fades into.
        lamp: the colour of sun or moon.
    """

    sky: tuple[Pixels, ...]
    land: Pixels
    paint: Pixels
    haze: Pixels
    lamp: Pixels
    cloud: Pixels


def _factor(red: float, green: float, blue: float) -> Pixels:
    return np.array((red, green, blue), dtype=np.float32)


DAYLIGHT: dict[Time, Daylight] = {
    "morning": Daylight(
        sky=(rgb(126, 168, 222), rgb(186, 196, 224), rgb(244, 206, 206), rgb(255, 230, 196)),
        land=_factor(0.90, 0.84, 0.82),
        paint=_factor(1.0, 0.96, 0.93),
        haze=rgb(238, 212, 206),
        lamp=rgb(255, 246, 214),
        cloud=rgb(255, 226, 222),
    ),
    "noon": Daylight(
        sky=(rgb(34, 112, 214), rgb(70, 146, 232), rgb(130, 190, 246), rgb(196, 228, 252)),
        land=_factor(1.0, 1.0, 1.0),
        paint=_factor(1.0, 1.0, 1.0),
        haze=rgb(186, 216, 242),
        lamp=rgb(255, 252, 226),
        cloud=rgb(255, 255, 255),
    ),
    "sunset": Daylight(
        sky=(rgb(92, 58, 124), rgb(186, 78, 104), rgb(244, 126, 70), rgb(255, 202, 104)),
        land=_factor(0.74, 0.52, 0.46),
        paint=_factor(0.94, 0.78, 0.72),
        haze=rgb(228, 132, 96),
        lamp=rgb(255, 240, 170),
        cloud=rgb(240, 130, 120),
    ),
    "night": Daylight(
        sky=(rgb(8, 12, 40), rgb(14, 22, 60), rgb(24, 38, 84), rgb(42, 62, 112)),
        land=_factor(0.28, 0.34, 0.50),
        paint=_factor(0.68, 0.66, 0.74),
        haze=rgb(34, 50, 96),
        lamp=rgb(250, 246, 222),
        cloud=rgb(60, 72, 116),
    ),
}
PAINTS: dict[Colour, Pixels] = {
    "red": rgb(214, 34, 30),
    "orange": rgb(248, 132, 18),
    "yellow": rgb(252, 220, 50),
    "green": rgb(38, 156, 62),
    "blue": rgb(34, 92, 216),
    "purple": rgb(128, 48, 178),
    "pink": rgb(250, 132, 188),
    "white": rgb(248, 246, 240),
}
