"""A picture is continued beyond its edges (outpainting): the wider picture, the shapes it may have, and sizes.

All that is new is masked; the rest is the work of `core.pictures.masked_picture`.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.errors import UnreadablePicture
from core.language.words import mark, tr
from core.pictures.mask import Box, MaskPixels, pasted_over
from core.pictures.opening import MOST_PIXELS
from core.pictures.pixels import Pixels
from core.request.mask import Margins
from core.request.request import Limits, Size

SHAPES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"1:1": (1, 1), "4:3": (4, 3), "3:2": (3, 2), "16:9": (16, 9), "2:1": (2, 1), "9:16": (9, 16)}
)
"""Width and height of the shapes that are offered."""

ANCHORS: Mapping[str, str] = MappingProxyType(
    {
        "middle": mark("on both sides alike"),
        "left": mark("to the right"),
        "right": mark("to the left"),
        "top": mark("downwards"),
        "bottom": mark("upwards"),
    }
)
"""The place where the old picture stays, and in words where the new part lies."""

MOST_TIMES = 2.25
"""A model works on so many times the pixels it was made for, to keep the scale of the source; with more of them it
composes several pictures, one beside the other."""

_SOFT_PART, _SOFTNESS = 1 / 16, (4, 64)
_BLUR_PART = 1 / 8


def widened(path: Path, picture: Pixels, mask: MaskPixels | None, margins: Margins) -> tuple[Pixels, MaskPixels]:
    """Returns the wider picture, see `continued_by`, and its mask with all that is new in it.

    Raises UnreadablePicture with ``path`` for a picture that would become too large.
    """
    if not margins:
        return picture, np.zeros(picture.shape[:2], np.uint8) if mask is None else mask
    height, width = picture.shape[:2]
    frame = Size(*margins.around(width, height))
    if frame.width * frame.height > MOST_PIXELS:
        most = MOST_PIXELS // 1_000_000
        wrong = tr("widened to {frame} it has more than {most} million pixels", frame=frame.words, most=most)
        raise UnreadablePicture(path, wrong)
    levels = np.zeros((height, width), np.uint8) if mask is None else mask
    return continued_by(picture, margins), masked_around(levels, margins)


def masked_around(mask: MaskPixels, margins: Margins) -> MaskPixels:
    """Returns the mask of a wider picture, in which all that is new is masked."""
    edges = (margins.top, margins.bottom), (margins.left, margins.right)
    return np.pad(mask, edges, constant_values=255)


def continued_by(picture: Pixels, margins: Margins) -> Pixels:
    """Returns a wider picture that repeats its outermost pixels, the more blurred the farther it is from them."""
    height, width = picture.shape[:2]
    edges = (margins.top, margins.bottom), (margins.left, margins.right)
    sharp = np.pad(picture, (*edges, (0, 0)), "edge")
    radius = max(margins.edges) * _BLUR_PART
    smooth = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(radius)))
    rows, columns = (_distances(*pair, length) for pair, length in zip(edges, (height, width), strict=True))
    share = np.minimum(np.maximum(rows[:, None], columns) * (255 / (2 * radius)), 255).astype(np.uint8)
    return pasted_over(sharp, smooth, share)


def margins_to(size: Size, shape: str, anchor: str, step: int) -> Margins:
    """Returns what brings a picture to one of `SHAPES`, about; one side grows, to a multiple of ``step``."""
    across, down = SHAPES[shape]
    wide = max(size.width, _to_step(size.height * across / down, size.width, step))
    high = max(size.height, _to_step(size.width * down / across, size.height, step))
    left, right = _shared(wide - size.width, anchor, "left", "right")
    top, bottom = _shared(high - size.height, anchor, "top", "bottom")
    return Margins(left, top, right, bottom)


def suited_softness(size: Size) -> float:
    """Returns the softness for a picture of this size that hides where the new part begins."""
    return float(min(max(round(min(size.width, size.height) * _SOFT_PART), _SOFTNESS[0]), _SOFTNESS[1]))


def suited_size(size: Size, margins: Margins, limits: Limits, native: Size) -> Size:
    """Returns the size in which a model should work on a picture that is widened.

    It is that of the whole wider picture, so that nothing changes its scale. Where that is too large, or has more
    than `MOST_TIMES` as many pixels as ``native``, for which the model was made, it is that of the new part and of
    what the model sees beside it; where that is too large as well, it has the pixels of ``native``. What is too
    small for the model is made larger.
    """
    frame = Size(*margins.around(size.width, size.height))
    box = frame if _scale(frame, limits, native) >= 1 else _new_part(size, frame, margins, native).size
    scale = _scale(box, limits, native)
    return Size(limits.snap(round(box.width * scale)), limits.snap(round(box.height * scale)))


def _scale(size: Size, limits: Limits, native: Size) -> float:
    times, largest = size.width * size.height / (native.width * native.height), max(size.width, size.height)
    if times > MOST_TIMES or largest > limits.largest:
        return min(1.0, 1 / math.sqrt(times), limits.largest / largest)
    return max(1.0, min(limits.smallest / min(size.width, size.height), limits.largest / largest))


def _new_part(size: Size, frame: Size, margins: Margins, native: Size) -> Box:
    """Returns the box around the new part and what a model sees beside it."""
    left, right = _end_of(
        margins.left, margins.right, frame.width, native.width, reaches=margins.top + margins.bottom
    )
    top, bottom = _end_of(
        margins.top, margins.bottom, frame.height, native.height, reaches=margins.left + margins.right
    )
    return Box(left, top, right, bottom)


def _end_of(before: int, after: int, length: int, native: int, *, reaches: int) -> tuple[int, int]:
    if reaches or (before and after):
        return 0, length
    near = max(before, after) + native // 2
    return (0, min(near, length)) if before else (max(length - near, 0), length)


def _distances(before: int, after: int, length: int) -> NDArray[np.float32]:
    """Returns how far each place of a side lies beyond the old picture, 0 within it."""
    return np.pad(np.zeros(length, np.float32), (before, after), "linear_ramp", end_values=(before, after))


def _to_step(length: float, least: int, step: int) -> int:
    """Returns the nearest multiple of a step; ``least`` as it is, if that is as near."""
    return least if abs(length - least) < step / 2 else round(length / step) * step


def _shared(pixels: int, anchor: str, first: str, last: str) -> tuple[int, int]:
    before = 0 if anchor == first else pixels if anchor == last else pixels // 2
    return before, pixels - before
