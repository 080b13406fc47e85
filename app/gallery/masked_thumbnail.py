"""A small picture of the part that was changed, for the inspector."""

from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from app.canvas.mask_overlay import overlaid
from app.session.picture_loader import thumbnail
from core.errors import UnreadablePicture
from core.pictures.dimensions import read_size
from core.pictures.mask import pixels_of
from core.pictures.widening import masked_around
from core.recipes.recipe import Recipe


def masked_thumbnail(path: Path, recipe: Recipe | None) -> QImage | None:
    """Returns a finished picture with the mask of its recipe over it; None without one, or if it is not found.

    The mask's place is that of `app.session.picture_loader.recipe_with_source`.
    """
    mask = recipe.request.mask if recipe is not None else None
    if recipe is None or mask is None or (mask.is_painted and not Path(mask.path).is_absolute()):
        return None
    try:
        if mask.is_painted:
            levels = masked_around(pixels_of(mask)[0], mask.margins)
        elif recipe.request.upscaler is None:
            size = read_size(path)
            levels = np.full((size.height, size.width), 255, np.uint8)
            levels[mask.margins.place(size.width, size.height)] = 0
        else:
            return None
    except UnreadablePicture:
        return None
    picture = thumbnail(path)
    return None if picture.isNull() else overlaid(picture, levels)
