"""Reads the pictures that stand beside a prompt, in a size that the model takes, without moving a pixel.

Nothing is stretched and nothing is cut: a picture of up to `LARGEST_PX` pixels stays as it is, and its last column
and row are repeated where the model wants a multiple of some length. Where programs cut or stretch such pictures,
the edited one is shifted (https://github.com/huggingface/diffusers/issues/13349).
"""

import hashlib
import math
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.opening import decoded, flattened
from core.pictures.pixels import Pixels
from core.pictures.source import FORMATS, content_of
from core.request.request import Reference, Size

LARGEST_PX = 1024 * 1024
"""The models were trained with references of up to so many pixels; larger ones are made smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class ReferencePicture:
    """A reference that was read: ``pixels`` of ``size``, which are ``padded`` to what the model takes."""

    pixels: Pixels
    padded: Pixels
    size: Size
    reference: Reference


def read_reference(reference: Reference, step: int) -> ReferencePicture:
    """Returns the pixels, padded to sides that are multiples of ``step``, and the reference with its hash.

    Raises UnreadablePicture, also when the file is not the one whose hash ``reference`` has.
    """
    path = Path(reference.path)
    if not path.is_absolute():  # only its name is known
        raise UnreadablePicture(path, tr("it is not known where this reference picture lies; choose it again"))
    content = content_of(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if not sha256.startswith(reference.sha256):
        raise UnreadablePicture(path, tr("it has changed since the recipe was written; choose it again"))
    unknown = tr("it is not a {formats} or {last} picture", formats=", ".join(FORMATS[:-1]), last=FORMATS[-1])
    picture = flattened(decoded(path, BytesIO(content), FORMATS, unknown=unknown))
    size = scaled(Size(*picture.size))
    if (size.width, size.height) != picture.size:
        picture = picture.resize((size.width, size.height), Image.Resampling.LANCZOS)
    full = rounded_up(size, step)
    more = ((0, full.height - size.height), (0, full.width - size.width), (0, 0))
    pixels = np.asarray(picture)
    return ReferencePicture(pixels, np.pad(pixels, more, mode="edge"), size, replace(reference, sha256=sha256))


def scaled(size: Size) -> Size:
    """Returns the size in which a picture is looked at."""
    factor = min(1.0, math.sqrt(LARGEST_PX / (size.width * size.height)))
    width = min(LARGEST_PX, max(1, int(size.width * factor)))
    return Size(width, min(LARGEST_PX // width, max(1, int(size.height * factor))))


def rounded_up(size: Size, step: int) -> Size:
    """Returns the size with sides that are multiples of ``step``."""
    return Size(-(-size.width // step) * step, -(-size.height // step) * step)
