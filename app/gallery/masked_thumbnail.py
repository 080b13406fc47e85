"""A small picture of the part that was changed, for the inspector."""

from pathlib import Path

from PySide6.QtGui import QImage

from app.canvas.mask_overlay import overlaid
from app.session.picture_loader import thumbnail
from core.errors import UnreadablePicture
from core.pictures.mask import pixels_of
from core.recipes.recipe import Recipe


def masked_thumbnail(path: Path, recipe: Recipe | None) -> QImage | None:
    """Returns a finished picture with the mask of its recipe over it; None without one, or if it is not found.

    The mask's place is that of `app.session.picture_loader.recipe_with_source`.
    """
    mask = recipe.request.mask if recipe is not None else None
    if mask is None or not Path(mask.path).is_absolute():
        return None
    try:
        levels, _ = pixels_of(mask)
    except UnreadablePicture:
        return None
    picture = thumbnail(path)
    return None if picture.isNull() else overlaid(picture, levels)
