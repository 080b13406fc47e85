"""The pictures that come with a request, checked and kept in a folder for as long as it takes."""

from __future__ import annotations

import base64
import binascii
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from app.serve.fields import refused, unfit
from core.errors import UnreadablePicture
from core.files.atomic import write_file
from core.language.words import tr
from core.pictures.mask import MaskPixels, save_mask
from core.pictures.opening import open_picture
from core.pictures.pixels import Pixels
from core.request.size import Size

_DATA_URI = re.compile(r"data:[\w/+.-]{0,100};base64,", re.ASCII)


def bytes_of(name: str, value: object) -> bytes:
    """Returns the content of a picture in base64, with or without ``data:image/png;base64,`` before it.

    Raises InvalidRequest, also for an address: nothing is fetched for a client.
    """
    allowed = tr("a picture in base64; addresses are not fetched")
    if not isinstance(value, str):
        raise unfit(name, value, allowed)
    text = value[match.end() :] if (match := _DATA_URI.match(value)) else value
    try:
        return base64.b64decode("".join(text.split()) if "\n" in text else text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise unfit(name, value, allowed) from error


class Received:
    """Pictures of one request, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def remove(self) -> None:
        """Removes all of them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def keep(self, name: str, content: bytes, change: Callable[[Image.Image], Image.Image] | None = None) -> Path:
        """Checks a picture as one of unknown origin, and returns its path. Raises InvalidRequest or SaveFailed.

        What ``change`` makes of it takes its place.
        """
        self._count += 1
        path = self._folder / f"received-{self._count}.png"
        write_file(path, content)
        picture = opened(name, path)
        if change is not None and (changed := change(picture)) is not picture:
            write_file(path, png_of(changed))
        return path

    def keep_mask(self, mask: MaskPixels) -> Path:
        """Returns the path of a mask. Raises SaveFailed."""
        return save_mask(mask, self._folder)


def opened(name: str, path: Path) -> Image.Image:
    """Returns a picture upright, in RGB or RGBA. Raises InvalidRequest."""
    try:
        return open_picture(path)
    except UnreadablePicture as error:
        sentence = tr("The picture in {name} cannot be used: {reason}.", name=name, reason=error.reason)
        raise refused(name, sentence) from error


def png_of(picture: Image.Image) -> bytes:
    content = BytesIO()
    picture.save(content, "PNG", compress_level=1)
    return content.getvalue()


def png_bytes(pixels: Pixels) -> bytes:
    return png_of(Image.fromarray(pixels))


def in_size(size: Size, *, is_cut: bool) -> Callable[[Image.Image], Image.Image]:
    """Returns what brings a picture to a size: cut to its shape around the middle, or stretched."""

    def change(picture: Image.Image) -> Image.Image:
        wanted = (size.width, size.height)
        if picture.size == wanted:
            return picture
        fit = ImageOps.fit if is_cut else Image.Image.resize
        return fit(picture, wanted, Image.Resampling.LANCZOS)

    return change


def see_through(picture: Image.Image) -> MaskPixels | None:
    """Returns a mask of what is transparent, None where nothing is."""
    if picture.mode != "RGBA":
        return None
    mask = 255 - np.asarray(picture.getchannel("A"))
    return mask if mask.any() else None
