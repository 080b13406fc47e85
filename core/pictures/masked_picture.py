"""A picture of which a part is changed: the part is cut out, filled, worked on, and put back.

All that the mask does not reach stays the source's, bit for bit, whatever the model made of it. The part is that
of AUTOMATIC1111's program (``expand_crop_region`` in ``modules/masking.py``): the box around the mask with its
padding, grown to the shape of the size in which the model works, and moved into the picture; grown to all of that
size, too, as Krita's plugin does, unless it is asked to be close.
"""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import UnreadablePicture
from core.language.words import tr
from core.pictures.mask import Box, MaskPixels, box_of, feathered, grown, pasted_over, pixels_of
from core.pictures.pixels import Pixels
from core.pictures.source import read_source, read_whole
from core.pictures.widening import widened
from core.request.mask import NO_MARGINS, Margins, Mask
from core.request.request import GenerationRequest, Limits, Size

SHOWN_PX = 1024
"""The longer side of a picture that is only looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskedPicture:
    """A source picture, its mask with a soft edge, and the part that the model works on.

    Attributes:
        picture: the whole source, with its margins. mask: as large.
        box: the part.
        source_sha256, mask_sha256: of the content of both files.
        small: the same for the eye, no side longer than `SHOWN_PX`; None where the picture is small anyway.
        margins: the part of the picture that was added to the source, and continues it already.
    """

    picture: Pixels
    mask: MaskPixels
    box: Box
    source_sha256: str = ""
    mask_sha256: str = ""
    small: "MaskedPicture | None" = None
    margins: Margins = NO_MARGINS

    @property
    def part(self) -> Pixels:
        """Returns the part as it is in the source."""
        return self.picture[self.box.slices]

    @property
    def mask_of_part(self) -> MaskPixels:
        return self.mask[self.box.slices]

    def along_whole_sides(self, directions: str) -> str:
        """Returns those of the directions along which the part is all of the picture, from edge to edge."""
        part, (height, width) = self.box.size, self.mask.shape
        whole = {"x": part.width == width, "y": part.height == height}
        return "".join(letter for letter in directions if whole[letter])

    @property
    def holes_of_part(self) -> MaskPixels:
        """Returns the mask of the part without the margins."""
        holes, old = np.zeros_like(self.mask), self.margins.place(*self.mask.shape[::-1])
        holes[old] = self.mask[old]
        return holes[self.box.slices]

    def pasted(self, worked: Pixels) -> Pixels:
        """Returns the whole picture with the part as the model made it, of any size.

        Where the mask is 0 it is the source, and where it is 255 the model's, each bit for bit.
        """
        rows, columns = self.box.slices
        whole = self.picture.copy()
        whole[rows, columns] = pasted_over(self.part, resized(worked, self.box.size), self.mask_of_part)
        return whole

    def shown(self, worked: Pixels) -> Pixels:
        """Returns `pasted` for the eye, of a size that a screen needs."""
        return (self.small or self).pasted(worked)

    def spread(self, values: NDArray[Any], outside: float = 0.0) -> NDArray[Any]:
        """Returns values (rows, columns) of the part in the place that it has in the whole picture.

        They stay coarse: the whole picture has as many more places as it is larger than the part.
        """
        rows, columns = values.shape
        height, width = self.mask.shape
        part = self.box.size
        size = Size(max(1, round(columns * width / part.width)), max(1, round(rows * height / part.height)))
        y, x = (np.arange(length) + 0.5 for length in (size.height, size.width))
        row = np.floor((y * height / size.height - self.box.top) * rows / part.height).astype(int)
        column = np.floor((x * width / size.width - self.box.left) * columns / part.width).astype(int)
        whole = values[np.ix_(row.clip(0, rows - 1), column.clip(0, columns - 1))].copy()
        whole[(row < 0) | (row >= rows)] = outside
        whole[:, (column < 0) | (column >= columns)] = outside
        return whole


def read_masked_picture(request: GenerationRequest) -> MaskedPicture:
    """Reads source and mask of a request that has both; its size has the shape of the part (`worked_size`).

    Raises UnreadablePicture, also for a mask that does not fit its picture.
    """
    source, mask = request.source, request.mask
    assert source is not None
    assert mask is not None
    for named, unknown in (
        (source, tr("the place of this source picture is not known; choose it again")),
        (mask if mask.is_painted else source, tr("the place of this mask is not known; choose it again")),
    ):
        if not Path(named.path).is_absolute():  # only its name is known
            raise UnreadablePicture(Path(named.path), unknown)
    picture, source_sha256 = read_whole(source)
    size = Size(picture.shape[1], picture.shape[0])
    painted, mask_sha256 = pixels_of(mask, size) if mask.is_painted else (None, "")
    picture, pixels = widened(Path(source.path), picture, painted, mask.margins)
    soft = softened(pixels, mask.softness)
    box = worked_part(pixels, mask, request.size)
    small = _small(picture, soft, box)
    return MaskedPicture(picture, soft, box, source_sha256, mask_sha256, small, mask.margins)


def worked_seamless(request: GenerationRequest) -> str:
    """Returns the directions in which what the model works on goes on at its other side.

    The edges of a part lie beside the rest of its picture, and not beside each other. Raises UnreadablePicture as
    `read_masked_picture` does.
    """
    if request.mask is None or not request.seamless:
        return request.seamless
    return read_masked_picture(request).along_whole_sides(request.seamless)


def check_source(request: GenerationRequest) -> None:
    """Reads the picture that a request begins with, and its mask. Raises UnreadablePicture."""
    if request.mask is not None:
        read_masked_picture(request)
    elif request.source is not None:
        read_source(request.source, request.size)


def softened(mask: MaskPixels, softness: float) -> MaskPixels:
    """Returns the mask with a soft edge that lies outside of it: all that is masked stays so, but for corners."""
    return feathered(grown(mask, math.ceil(softness)), softness / 2) if softness else mask


def worked_part(mask: MaskPixels, how: Mask, size: Size) -> Box:
    """Returns the part of the picture that the model works on, in the shape of ``size`` where there is room.

    It is no smaller than ``size``, if the picture has so many pixels, unless `Mask.area` is ``close``: from a
    larger part of a picture the model sees where a horizon lies, and how large a house is.
    """
    height, width = mask.shape
    box = box_of(mask)
    if box is None or how.area == "whole":
        return Box(0, 0, width, height)
    padded = Box(
        max(0, box.left - how.padding),
        max(0, box.top - how.padding),
        min(width, box.right + how.padding),
        min(height, box.bottom + how.padding),
    )
    wide, high = padded.size.width, padded.size.height
    if how.area == "masked":
        room = min(1.0, width / size.width, height / size.height)
        wide, high = max(wide, int(size.width * room)), max(high, int(size.height * room))
    if wide * size.height > high * size.width:
        high = max(high, int(wide * size.height / size.width))
    else:
        wide = max(wide, int(high * size.width / size.height))
    left, right = _grown_to(wide, padded.left, padded.right, width)
    top, bottom = _grown_to(high, padded.top, padded.bottom, height)
    return Box(left, top, right, bottom)


def worked_size(request: GenerationRequest, limits: Limits) -> Size:
    """Returns the size in which the model works: the request's, unless a masked part cannot have its shape.

    Then it has about as many pixels. Raises UnreadablePicture as `read_masked_picture` does.
    """
    if request.mask is None:
        return request.size
    box, size = read_masked_picture(request).box.size, request.size
    if size.height in _fitting(size.width, box.height / box.width, limits):
        return size
    if size.width in _fitting(size.height, box.width / box.height, limits):
        return size
    width = limits.snap(round(math.sqrt(size.width * size.height * box.width / box.height)))
    return Size(width, limits.snap(round(width * box.height / box.width)))


def resized(pixels: Pixels, size: Size) -> Pixels:
    """Returns pixels in this size, untouched where they have it."""
    if (pixels.shape[1], pixels.shape[0]) == (size.width, size.height):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((size.width, size.height), Image.Resampling.LANCZOS))


def strongest_in_cells(mask: MaskPixels, columns: int, rows: int) -> NDArray[np.float32]:
    """Returns the mask (rows, columns) for a latent, 0 to 1: of each cell the greatest value that it covers.

    So even one masked pixel frees its cell, and a mask of whole cells is that of diffusers' pipelines.
    """
    for axis, cells in ((0, rows), (1, columns)):
        mask = _strongest(mask, axis, cells)
    return (mask / 255).astype(np.float32)


def filled(picture: Pixels, mask: MaskPixels, fill: str) -> Pixels:
    """Returns the part as it is before the first step; ``fill`` as `Mask` has it. Noise is not made here."""
    if fill in ("original", "noise"):
        return picture
    if fill == "surroundings":
        paint = continued(picture, mask)
    else:
        paint = np.broadcast_to(np.frombuffer(bytes.fromhex(fill[1:]), np.uint8), picture.shape).astype(np.float32)
    weight = mask[..., None].astype(np.float32) / 255
    return np.round(picture * (1 - weight) + paint * weight).astype(np.uint8)


def continued(picture: Pixels, mask: MaskPixels) -> NDArray[np.floating]:
    """Returns the picture with its surroundings carried smoothly into what is masked (height, width, 3).

    This is the pull-push interpolation of Gortler et al. 1996, section 3.4: the picture without its masked part is
    made smaller, its holes shrinking, and what is missing is taken from the smaller one.
    """
    weight = (mask == 0)[..., None].astype(np.float32)
    if not weight.any():
        return np.full(picture.shape, 127.5, np.float32)
    return _pulled(picture.astype(np.float32) * weight, weight)


def _pulled(sums: NDArray[np.floating], weight: NDArray[np.floating]) -> NDArray[np.floating]:
    """``sums`` are colours times ``weight``, which is 0 where there are none."""
    height, width = weight.shape[:2]
    known_here = sums / np.maximum(weight, 1e-6)
    if weight.all() or max(height, width) == 1:
        return known_here
    half = partial(_halved, height=height, width=width)
    smaller_sums, smaller_weight = half(sums), half(weight)
    scale = np.maximum(smaller_weight, 1.0)  # a place is known at most once
    smaller = _pulled(smaller_sums / scale, smaller_weight / scale)
    larger = np.stack([_enlarged(smaller[..., channel], width, height) for channel in range(3)], axis=-1)
    share = np.minimum(weight, 1.0)
    return known_here * share + larger * (1 - share)


def _halved(values: NDArray[np.floating], height: int, width: int) -> NDArray[np.floating]:
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    return padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]


def _enlarged(values: NDArray[np.floating], width: int, height: int) -> NDArray[np.floating]:
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR))


def _grown_to(length: int, start: int, end: int, most: int) -> tuple[int, int]:
    """Returns a stretch of this length around another one, moved into 0 to ``most``."""
    length = min(length, most)
    first = start - (length - (end - start)) // 2
    first = min(max(first, 0), most - length)
    return first, first + length


def _fitting(length: int, ratio: float, limits: Limits) -> tuple[int, ...]:
    """Returns the lengths that the other side may have: the nearest ones to its shape."""
    wanted = length * ratio
    return (limits.snap(math.floor(wanted)), limits.snap(math.ceil(wanted)))


def _small(picture: Pixels, mask: MaskPixels, box: Box) -> MaskedPicture | None:
    height, width = mask.shape
    factor = SHOWN_PX / max(width, height)
    if factor >= 1:
        return None
    size = Size(max(1, round(width * factor)), max(1, round(height * factor)))
    left, top = (int(edge * factor) for edge in (box.left, box.top))
    right, bottom = (math.ceil(edge * factor) for edge in (box.right, box.bottom))
    smaller = Box(left, top, min(right, size.width), min(bottom, size.height))
    return MaskedPicture(resized(picture, size), resized(mask, size), smaller)


def _strongest(mask: MaskPixels, axis: int, cells: int) -> MaskPixels:
    length = mask.shape[axis]
    starts = np.arange(cells) * length // cells
    ends = -(-np.arange(1, cells + 1) * length // cells)
    padded = np.concatenate([mask, np.zeros_like(mask.take([0], axis))], axis)  # the last end is a place, too
    return np.maximum.reduceat(padded, np.stack([starts, ends], 1).ravel(), axis).take(
        range(0, 2 * cells, 2), axis
    )
