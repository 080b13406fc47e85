"""Strokes painted by hand over the map of a control: kept apart from it, so that the map can be made anew.

It is an 8-bit greyscale PNG in the shape of the control's whole picture: 255 where the map is to be white, 0 where
it is to be black, 128 where it stays, and between them where it is covered in part.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.mask import digest_of, save_levels
from core.pictures.opening import decoded
from core.pictures.pixels import Pixels
from core.pictures.source import FORMATS, content_of
from core.request.control import MapEdits
from core.request.request import Size

UNTOUCHED = 128
_MOST = 127

EditPixels = NDArray[np.uint8]
"""uint8 (height, width): 255 white, 0 black, `UNTOUCHED`."""


def read_edits(edits: MapEdits) -> tuple[EditPixels, str]:
    """Returns what was painted, and the SHA-256 of its file.

    Raises UnreadablePicture, also for a file without the hash that ``edits`` has.
    """
    path = Path(edits.path)
    if not path.is_absolute():
        raise UnreadablePicture(path, tr("what was painted over the map is not there any more; reset the map"))
    content = content_of(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if not sha256.startswith(edits.sha256):
        changed = tr("what was painted over the map has changed since the recipe was written; reset the map")
        raise UnreadablePicture(path, changed)
    unknown = tr("it is not a {formats} or {last} picture", formats=", ".join(FORMATS[:-1]), last=FORMATS[-1])
    picture = decoded(path, BytesIO(content), FORMATS, unknown=unknown, is_still=True)
    return np.asarray(picture.convert("L")), sha256


def edits_path(edits: EditPixels, folder: Path) -> Path:
    """Returns the path that `save_edits` gives a file, whose name is made of its pixels."""
    return folder / f"map-{digest_of(edits)}.png"


def save_edits(edits: EditPixels, folder: Path) -> Path:
    """Writes what was painted, and returns its path. Raises SaveFailed."""
    return save_levels(edits, edits_path(edits, folder))


def edited(pixels: Pixels, edits: EditPixels) -> Pixels:
    """Returns a map, uint8 (height, width, 3), with what was painted over it in its size."""
    by = edits.astype(np.int32) - UNTOUCHED
    cover = np.minimum(np.abs(by), _MOST)[..., None]
    ink = np.where(by > 0, 255, 0)[..., None]
    return ((pixels * (_MOST - cover) + ink * cover + _MOST // 2) // _MOST).astype(np.uint8)


def cut_to(edits: EditPixels, size: Size) -> EditPixels:
    """Returns the middle of it in this size, which is what a run sees of the control's picture."""
    height, width = edits.shape
    if max(size.width / width, size.height / height) == 1:  # as it was painted, to the pixel
        top, left = (height - size.height) // 2, (width - size.width) // 2
        return edits[top : top + size.height, left : left + size.width]
    fitted = ImageOps.fit(Image.fromarray(edits), (size.width, size.height), Image.Resampling.BILINEAR)
    return np.asarray(fitted)


def whole_of(edits: EditPixels, picture: Size) -> EditPixels:
    """Returns what was painted in a run's size in the shape of the control's whole picture, see `cut_to`."""
    height, width = edits.shape
    scale = max(width / picture.width, height / picture.height)
    whole = np.full(
        (max(height, round(picture.height * scale)), max(width, round(picture.width * scale))), UNTOUCHED, np.uint8
    )
    top, left = (whole.shape[0] - height) // 2, (whole.shape[1] - width) // 2
    whole[top : top + height, left : left + width] = edits
    return whole
