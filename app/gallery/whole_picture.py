"""A picture read with its recipe, for the viewer, the clipboard and comparisons."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from app.widgets.pixels import to_image
from core.errors import EmulsionError
from core.gallery.opening import flattened, open_picture
from core.pictures.metadata import read_recipe
from core.recipes.recipe import Recipe

QUEUE = "whole pictures"
"""The name of the background queues that read them."""


@dataclass(frozen=True, slots=True, eq=False)
class WholePicture:
    """A picture with its recipe, None if it carries none that can be read."""

    path: Path
    image: QImage
    recipe: Recipe | None


def read_whole(path: Path) -> WholePicture:
    """Decodes a picture of unknown origin; this may take a while. Raises UnreadablePicture."""
    image = to_image(np.asarray(flattened(open_picture(path))))
    try:
        recipe = read_recipe(path)
    except EmulsionError:
        recipe = None  # it is shown all the same
    return WholePicture(path, image, recipe)
