"""Reads the picture over which a mask is painted, and the mask that it has."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from app.widgets.pixels import to_image
from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.mask import MaskPixels, pixels_of
from core.pictures.opening import decoded, flattened
from core.pictures.source import FORMATS, content_of
from core.request.request import Mask, Size


@dataclass(frozen=True, slots=True, eq=False)
class PictureToMask:
    """All that `app.masks.editor.MaskEditor.open` needs.

    Attributes:
        picture: upright, white where it is transparent, as runs begin with it.
        mask: None for one that is not there, or fits another picture.
        alpha: how opaque the pixels are, None where all are.
    """

    picture: QImage
    mask: MaskPixels | None
    alpha: MaskPixels | None


def read_masked(path: Path, mask: Mask | None) -> PictureToMask:
    """Raises UnreadablePicture for the picture alone."""
    unknown = tr("it is not a {formats} or {last} picture", formats=", ".join(FORMATS[:-1]), last=FORMATS[-1])
    opened = decoded(path, BytesIO(content_of(path)), FORMATS, unknown=unknown)
    alpha = np.asarray(opened.getchannel("A")) if opened.mode == "RGBA" else None
    found: MaskPixels | None = None
    if mask is not None:
        try:
            found, _ = pixels_of(mask, Size(*opened.size))
        except UnreadablePicture:
            found = None  # it is painted anew
    image = to_image(np.asarray(flattened(opened)))
    return PictureToMask(image, found, alpha if alpha is not None and alpha.min() < 255 else None)
