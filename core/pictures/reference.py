"""Reads the pictures that stand beside a prompt, without moving a pixel.

Nothing is stretched and nothing is cut: a picture of up to `LARGEST_PX` pixels stays as it is. Where programs cut
or stretch such pictures, the edited one is shifted (https://github.com/huggingface/diffusers/issues/13349).
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.dimensions import read_size
from core.pictures.opening import decoded, flattened
from core.pictures.pixels import Pixels
from core.pictures.source import FORMATS, content_of
from core.request.request import Limits, Reference, Size

LARGEST_PX = 1024 * 1024
"""The models were trained with references of up to so many pixels; larger ones are made smaller."""


def read_reference(reference: Reference) -> tuple[Pixels, Reference]:
    """Returns the pixels, in the size in which they are looked at, and the reference with its hash.

    Raises UnreadablePicture, also when the file is not the one whose hash ``reference`` has.
    """
    path = Path(reference.path)
    if not path.is_absolute():  # only its name is known
        raise UnreadablePicture(path, tr("the place of this reference picture is not known; choose it again"))
    content = content_of(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if not sha256.startswith(reference.sha256):
        raise UnreadablePicture(path, tr("it has changed since the recipe was written; choose it again"))
    unknown = tr("it is not a {formats} or {last} picture", formats=", ".join(FORMATS[:-1]), last=FORMATS[-1])
    picture = flattened(decoded(path, BytesIO(content), FORMATS, unknown=unknown))
    size = scaled(Size(*picture.size))
    if (size.width, size.height) != picture.size:
        picture = picture.resize((size.width, size.height), Image.Resampling.LANCZOS)
    return np.asarray(picture), replace(reference, sha256=sha256)


def size_of(reference: Reference, limits: Limits) -> Size:
    """Returns the size of a picture that has each pixel of its reference. Raises UnreadablePicture."""
    height, width, _ = read_reference(reference)[0].shape
    limits = limits.with_references((reference,))
    return Size(limits.snap(width), limits.snap(height))


def seen_pixels(references: Iterable[Reference]) -> int:
    """Returns the pixels at which a model looks, by the headers of the files; the most where one does not tell."""
    total = 0
    for reference in references:
        try:
            size = scaled(read_size(Path(reference.path)))
        except UnreadablePicture:
            size = Size(LARGEST_PX, 1)
        total += size.width * size.height
    return total


def scaled(size: Size) -> Size:
    """Returns the size in which a picture is looked at."""
    factor = min(1.0, math.sqrt(LARGEST_PX / (size.width * size.height)))
    width = min(LARGEST_PX, max(1, int(size.width * factor)))
    return Size(width, min(LARGEST_PX // width, max(1, int(size.height * factor))))
