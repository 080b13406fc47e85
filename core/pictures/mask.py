"""A mask: which pixels of a picture are to be changed. Read safely, checked, kept by its content, and shaped.

It is an 8-bit greyscale PNG of exactly the picture's size: 255 where the picture is to be changed, 0 where it is
kept, between them at a soft edge. White is changed in the masks of AUTOMATIC1111's program, ComfyUI and diffusers
as well.
"""

import hashlib
import math
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.errors import UnreadablePicture
from core.files.atomic import write_file
from core.language.words import tr
from core.pictures.opening import decoded
from core.pictures.pixels import Pixels
from core.pictures.source import FORMATS, content_of
from core.request.request import Mask, Size

MaskPixels = NDArray[np.uint8]
"""uint8 (height, width): 255 to be changed, 0 kept."""

_NAME_DIGITS = 12
_ROWS = 256


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; right and bottom are not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        return Size(self.right - self.left, self.bottom - self.top)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Returns rows and columns, as arrays take them."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def read_mask(path: Path, size: Size | None = None, sha256: str = "") -> tuple[MaskPixels, str]:
    """Returns the mask of a file, and the SHA-256 of its content.

    ``size`` is that of the picture, if it is known. Other formats than PNG, and 16 bits of grey, are read too.
    Raises UnreadablePicture for what is no mask, see `check_mask`, and for a file without the hash ``sha256``.
    """
    content = content_of(path)
    told = hashlib.sha256(content).hexdigest()
    if not told.startswith(sha256):
        raise UnreadablePicture(path, tr("this mask has changed since the recipe was written; choose it again"))
    unknown = tr("it is not a {formats} or {last} picture", formats=", ".join(FORMATS[:-1]), last=FORMATS[-1])
    picture = decoded(path, BytesIO(content), FORMATS, unknown=unknown, is_still=True)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
        raise UnreadablePicture(path, tr("it is transparent in places; expected a mask in black, grey and white"))
    pixels = np.asarray(picture)[..., :3]
    mask = np.ascontiguousarray(pixels[..., 0])
    if not all(np.array_equal(mask, pixels[..., channel]) for channel in (1, 2)):
        raise UnreadablePicture(path, tr("it has colours; expected a mask in black, grey and white"))
    check_mask(path, mask, size)
    return mask, told


def pixels_of(mask: Mask, size: Size | None = None) -> tuple[MaskPixels, str]:
    """Returns what a mask of a request changes, and the SHA-256 of its file. Raises as `read_mask` does."""
    pixels, sha256 = read_mask(Path(mask.path), size, mask.sha256)
    return 255 - pixels if mask.is_inverted else pixels, sha256


def check_mask(path: Path, mask: MaskPixels, size: Size | None = None) -> None:
    """Raises UnreadablePicture for a mask of another size than the picture, and for one that is all black."""
    height, width = mask.shape
    if size is not None and (width, height) != (size.width, size.height):
        found = Size(width, height)
        raise UnreadablePicture(
            path, tr("this mask is {found} pixels; expected {size}, as its picture", found=found, size=size)
        )
    if not mask.any():
        raise UnreadablePicture(path, tr("this mask is all black: there is nothing to be changed"))


def mask_path(mask: MaskPixels, folder: Path) -> Path:
    """Returns the path that `save_mask` gives a mask, whose name is made of its pixels."""
    return folder / f"mask-{digest_of(mask)}.png"


def digest_of(levels: MaskPixels) -> str:
    """Returns digits that tell the shape and the pixels of a mask, for the name of its file."""
    digest = hashlib.sha256(b"%d %d " % levels.shape)
    digest.update(np.ascontiguousarray(levels).data)  # without a copy: this is done in the window's thread, too
    return digest.hexdigest()[:_NAME_DIGITS]


def save_mask(mask: MaskPixels, folder: Path) -> Path:
    """Writes the mask, and returns its path; an equal mask has the same file. Raises SaveFailed."""
    return save_levels(mask, mask_path(mask, folder))


def save_levels(levels: MaskPixels, path: Path) -> Path:
    """Writes grey pixels as a PNG file, and returns its path. Raises SaveFailed."""
    buffer = BytesIO()
    Image.fromarray(levels).save(buffer, "PNG")
    write_file(path, buffer.getvalue())
    return path


def box_of(mask: MaskPixels) -> Box | None:
    """Returns the smallest box around all that is not black; None for a mask that is all black."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def grown(mask: MaskPixels, pixels: int) -> MaskPixels:
    """Returns the mask wider by so many pixels in every direction, with round corners; below 0 it shrinks.

    Each pixel takes the greatest value within the radius. A mask that touches the picture's border is not shrunk
    from there: it may go on beyond it.
    """
    if pixels < 0:
        return 255 - grown(255 - mask, -pixels)
    box = box_of(mask)
    if box is None or not pixels:
        return mask.copy()
    rows, columns = _around(box, pixels, mask.shape).slices
    inside = mask[rows, columns]
    result, wide, half_width = inside.copy(), inside, 0
    for distance in range(min(pixels, mask.shape[0]), -1, -1):  # rows of the disc, from its tip to its middle
        width = int(math.sqrt((pixels + 0.5) ** 2 - distance**2))
        while half_width < width:
            more = min(width - half_width, 2 * half_width + 1)
            wide, half_width = _wider(wide, more), half_width + more
        below, above = slice(distance, None), slice(None, wide.shape[0] - distance)
        np.maximum(result[below], wide[above], out=result[below])
        np.maximum(result[above], wide[below], out=result[above])
    whole = mask.copy()
    whole[rows, columns] = result
    return whole


def feathered(mask: MaskPixels, pixels: float) -> MaskPixels:
    """Returns the mask with a soft edge: a Gaussian blur whose standard deviation is ``pixels``."""
    box = box_of(mask)
    if box is None or pixels <= 0:
        return mask.copy()
    rows, columns = _around(box, math.ceil(4 * pixels) + 1, mask.shape).slices  # nothing is left of it farther out
    whole = mask.copy()
    whole[rows, columns] = np.asarray(
        Image.fromarray(mask[rows, columns]).filter(ImageFilter.GaussianBlur(pixels))
    )
    return whole


def pasted_over(picture: Pixels, new: Pixels, mask: MaskPixels) -> Pixels:
    """Returns one picture over another of its size: the old one where the mask is 0, the new where it is 255.

    Both are exact there, bit for bit; between them they are mixed.
    """
    mixed = np.empty_like(picture)
    for top in range(0, len(mask), _ROWS):  # all of a large picture would take several times its memory
        rows = slice(top, top + _ROWS)
        weight = mask[rows, :, None].astype(np.uint16)
        mixed[rows] = (picture[rows] * (255 - weight) + new[rows] * weight + 127) // 255  # at most 255 * 255 + 127
    return mixed


def _around(box: Box, pixels: int, shape: tuple[int, ...]) -> Box:
    height, width = shape
    return Box(
        max(0, box.left - pixels),
        max(0, box.top - pixels),
        min(width, box.right + pixels),
        min(height, box.bottom + pixels),
    )


def _wider(mask: MaskPixels, pixels: int) -> MaskPixels:
    """Returns the greatest of the pixels at both sides, and of those between if they were wide enough."""
    result = mask.copy()
    shift = min(pixels, mask.shape[1])
    np.maximum(result[:, shift:], mask[:, : mask.shape[1] - shift], out=result[:, shift:])
    np.maximum(result[:, : mask.shape[1] - shift], mask[:, shift:], out=result[:, : mask.shape[1] - shift])
    return result
