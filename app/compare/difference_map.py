"""Makes the difference map of two pictures. Large ones take a while, so the view has it made in the background."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage

from app.widgets.pixels import to_image, to_pixels
from core.measures.difference import Difference
from core.pictures.colour_maps import heat
from core.pictures.pixels import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceMap:
    """Ready to be shown.

    Attributes:
        image: black where the pictures are alike, brightest from ``scale`` on.
        scale: what the brightest colour stands for, as a part of the way from black to white.
    """

    image: QImage
    difference: Difference
    scale: float


def difference_map_of(first: QImage, second: QImage, scale: float | None) -> DifferenceMap:
    """Enlarges the smaller picture to the size of the larger one, and compares them.

    They have one shape; ``scale`` None chooses the one that fits.
    """
    larger = max((first, second), key=lambda image: image.width())
    size = (larger.width(), larger.height())
    difference = Difference.between(_in_size(first, size), _in_size(second, size))
    shown = scale or difference.fitting_scale
    return DifferenceMap(to_image(heat(difference.distances / shown)), difference, shown)


def _in_size(image: QImage, size: tuple[int, int]) -> Pixels:
    pixels = to_pixels(image)
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
