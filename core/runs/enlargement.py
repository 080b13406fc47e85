"""The operation that enlarges a finished picture, and the pictures that it can be asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.metadata import read_recipe
from core.pictures.opening import open_picture
from core.pictures.picture import GeneratedImage
from core.recipes.recipe import ModelIdentity, Recipe
from core.request.request import GenerationRequest, Upscaler
from core.request.settings import SETTINGS
from core.runs.operations import Operation


@dataclass(frozen=True, slots=True, eq=False)
class Enlarge(Operation[GeneratedImage]):
    """Makes a picture larger. `Advanced` counts the tiles; the recipe of the result names the upscaler.

    Raises UpscalerMissing, UpscalerBroken, InvalidRequest for a picture that would be too large, OutOfMemory.
    """

    image: GeneratedImage
    upscaler: Upscaler


def picture_of(path: Path) -> GeneratedImage:
    """Reads a picture with its recipe, or with an empty one that names the file. Raises UnreadablePicture."""
    pixels = np.asarray(open_picture(path).convert("RGB"))
    try:
        recipe = read_recipe(path)
    except UnreadablePicture:
        untold = frozenset(setting.name for setting in SETTINGS) - {"upscaler"}
        others = {"Picture": path.name}
        recipe = Recipe(GenerationRequest(""), ModelIdentity("", "", "", ""), others=others, untold=untold)
    return GeneratedImage(pixels, recipe)


def enlarged_recipe(recipe: Recipe, upscaler: Upscaler) -> Recipe:
    """Returns the recipe of a picture that was enlarged; of several passes the earlier ones are a note."""
    before = recipe.request.upscaler
    told = (
        tr("Enlarged before by {key}, {factor:g} times.", key=before.key, factor=before.factor)
        if before is not None
        else ""
    )
    note = " ".join(filter(None, (recipe.note, told)))
    request = replace(recipe.request, upscaler=upscaler)
    return replace(recipe, request=request, note=note, untold=recipe.untold - {"upscaler"})
