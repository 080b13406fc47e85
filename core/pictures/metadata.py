"""Encodes pictures with their recipe inside, and reads the recipe back.

A recipe is there twice: ``parameters``, the text that other programs read, and ``emulsion``, complete JSON. PNG
keeps them in text chunks before the pixels, JPEG and WebP in EXIF.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import SaveFailed, UnreadablePicture
from core.language.words import tr
from core.pictures import exif
from core.pictures.dimensions import opened, size_in
from core.pictures.picture import GeneratedImage
from core.pictures.stealth import read_stealth
from core.pictures.text_chunks import texts_in
from core.recipes.other_programs import read_other
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import Recipe, recipe_from_text, recipe_to_json, signed

PARAMETERS = "parameters"
EMULSION = "emulsion"
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_JPEG_QUALITY = 95


def encode_png(image: GeneratedImage, created: datetime, *, has_recipe: bool = True) -> bytes:
    """Returns the content of a PNG file with the picture and its recipe."""
    file = BytesIO()
    info = png_info(recipe_texts(signed(image.recipe, created)) if has_recipe else {})
    Image.fromarray(image.pixels).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def png_info(texts: Mapping[str, str]) -> PngInfo:
    """Returns text chunks for Pillow's ``save``."""
    info = PngInfo()
    for keyword, text in texts.items():
        if text.isascii():
            info.add_text(keyword, text)
        else:
            info.add_itxt(keyword, text)  # a plain text chunk would be Latin-1
    return info


def encode_for(path: Path, image: GeneratedImage, created: datetime, *, has_recipe: bool = True) -> bytes:
    """Returns the content of a picture file in the format of the path's suffix, one of `SUFFIXES`.

    Raises SaveFailed: JPEG and WebP have size limits, and JPEG has no room for very long prompts.
    """
    file = BytesIO()
    picture = Image.fromarray(image.pixels)
    data = exif.build(*recipe_texts(signed(image.recipe, created)).values()) if has_recipe else b""
    try:
        match path.suffix.lower():
            case ".png":
                return encode_png(image, created, has_recipe=has_recipe)
            case ".jpg" | ".jpeg":
                picture.save(file, "JPEG", exif=data, quality=_JPEG_QUALITY, subsampling=0)
            case ".webp":
                picture.save(file, "WEBP", exif=data, lossless=True)
            case _:
                raise SaveFailed(path, tr("a picture's name ends in {suffixes}", suffixes=", ".join(SUFFIXES)))
    except (ValueError, OSError) as error:
        raise SaveFailed(path, tr("{error}; a PNG file has room", error=error)) from error
    return file.getvalue()


def read_recipe(path: Path) -> Recipe:
    """Returns the recipe inside a picture: ``emulsion`` if there is one, else another program's.

    A size that no text tells is the file's. Raises UnreadablePicture with the reason, also for no recipe.
    """
    with opened(path) as file:
        return recipe_in(file, path)


def recipe_in(file: BinaryIO, path: Path) -> Recipe:
    """Returns `read_recipe` of a file that is open. Raises UnreadablePicture."""
    texts = texts_in(file, path)
    try:
        recipe, reason = _recipe(texts), tr("it carries no recipe")
    except ValueError as error:
        recipe, reason = None, str(error)
    if recipe is None and EMULSION not in texts and (hidden := read_stealth(path)):
        with suppress(ValueError):
            recipe = _recipe({PARAMETERS: hidden})
    if recipe is None:
        raise UnreadablePicture(path, reason)
    if "size" not in recipe.untold:
        return recipe
    size = size_in(file, path)
    return replace(recipe, request=replace(recipe.request, size=size), untold=recipe.untold - {"size"})


def _recipe(texts: Mapping[str, str]) -> Recipe | None:
    """The recipe in a picture's texts. Raises ValueError with a sentence, returns None where there is none."""
    if EMULSION in texts:
        return recipe_from_text(texts[EMULSION])
    if PARAMETERS not in texts or texts[PARAMETERS].lstrip().startswith("{"):
        return read_other(texts)
    try:
        return from_parameters(texts[PARAMETERS])
    except ValueError:
        if (other := read_other(texts)) is not None:
            return other
        raise


def recipe_texts(recipe: Recipe) -> dict[str, str]:
    """Returns a recipe twice, by the keywords of its texts: ``parameters`` and ``emulsion``."""
    emulsion = json.dumps(recipe_to_json(recipe), separators=(",", ":"))
    return {PARAMETERS: to_parameters(recipe), EMULSION: emulsion}
