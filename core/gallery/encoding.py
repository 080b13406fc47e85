"""A picture of the library in another format or size, with its recipe or without: what leaves the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from core.errors import SaveFailed, UnreadablePicture
from core.files.atomic import words_of
from core.language.words import tr
from core.pictures import exif
from core.pictures.metadata import EMULSION, PARAMETERS, png_info, read_recipe, recipe_texts
from core.pictures.opening import flattened, open_picture
from core.pictures.text_chunks import read_texts

LENGTH_PX = range(16, 16_384)
QUALITY = range(1, 101)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The settings of written pictures.

    Attributes:
        format: key in `FORMATS`; "" keeps that of each picture.
        has_recipe: False leaves out everything but the pixels, and the prompt from the file's name too.
        longest_px: of the longer side; larger pictures are made smaller. None keeps the size.
        quality: of formats that lose some, within `QUALITY`.
    """

    format: str = ""
    has_recipe: bool = True
    longest_px: int | None = None
    quality: int = 92


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A format to write."""

    suffix: str
    save: Callable[[Image.Image, BytesIO, Encoding, Mapping[str, str]], None]


def encoded(picture: Path, encoding: Encoding) -> tuple[bytes, str]:
    """Returns the content of the file, and its suffix. Raises UnreadablePicture or SaveFailed.

    What is not changed is copied as it is.
    """
    own = _FORMAT_OF_SUFFIX.get(picture.suffix.lower(), "png")
    key = encoding.format or own
    if encoding.has_recipe and encoding.longest_px is None and key == own:
        try:
            return picture.read_bytes(), picture.suffix
        except OSError as error:
            raise UnreadablePicture(picture, words_of(error)) from error
    image = open_picture(picture, around_px=encoding.longest_px)
    if encoding.longest_px is not None:
        image.thumbnail((encoding.longest_px, encoding.longest_px), Image.Resampling.LANCZOS)
    content = BytesIO()
    try:
        FORMATS[key].save(image, content, encoding, _texts(picture) if encoding.has_recipe else {})
    except (ValueError, OSError) as error:
        raise SaveFailed(picture, tr("{error}; a PNG file has room", error=error)) from error
    return content.getvalue(), FORMATS[key].suffix


def _texts(picture: Path) -> dict[str, str]:
    """Returns the recipe twice, as this program writes it; of another program's as much as can be mapped."""
    try:
        found = read_texts(picture)
        texts = {key: found[key] for key in (PARAMETERS, EMULSION) if key in found}
        return texts or recipe_texts(read_recipe(picture))
    except UnreadablePicture:
        return {}


def _save_png(image: Image.Image, content: BytesIO, _encoding: Encoding, texts: Mapping[str, str]) -> None:
    image.save(content, "PNG", pnginfo=png_info(texts))


def _save_jpeg(image: Image.Image, content: BytesIO, encoding: Encoding, texts: Mapping[str, str]) -> None:
    flattened(image).save(content, "JPEG", quality=encoding.quality, subsampling=0, **_exif(texts))


def _save_lossy(
    name: str, image: Image.Image, content: BytesIO, encoding: Encoding, texts: Mapping[str, str]
) -> None:
    image.save(content, name, quality=encoding.quality, **_exif(texts))


def _exif(texts: Mapping[str, str]) -> dict[str, Any]:
    return {"exif": exif.build(texts.get(PARAMETERS, ""), texts.get(EMULSION, ""))} if texts else {}


FORMATS: Mapping[str, PictureFormat] = MappingProxyType(
    {
        "png": PictureFormat(".png", _save_png),
        "jpeg": PictureFormat(".jpg", _save_jpeg),
        "webp": PictureFormat(".webp", partial(_save_lossy, "WEBP")),
        "avif": PictureFormat(".avif", partial(_save_lossy, "AVIF")),
    }
)
_FORMAT_OF_SUFFIX = MappingProxyType(
    {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".avif": "avif"}
)
