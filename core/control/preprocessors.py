"""Turns a picture into a map for a ControlNet: its edges, its lines, its blurred colours. Needs no weights.

Numbers are those of the ControlNet extension for AUTOMATIC1111's program (``annotator`` and
``processor.py`` there), edges those of Canny 1986 as OpenCV computes them. Edges and lines are white on black.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.pixels import Pixels
from core.request.control import IMAGE_PROMPTS, Control

LINE_SIGMA, LEAST_LINE, LEAST_SCALE, LINE_GREY = 6.0, 8, 16, 127
STROKE_SIGMAS = (0.5, 5.0)
CLIP_PX = 224

Floats = NDArray[np.float32]


def map_of(picture: Pixels, control: Control) -> Pixels:
    """Returns what the control's network looks at, uint8 (height, width, 3), for a picture of that shape."""
    return MAKERS[control.preprocessor](picture, *control.used_values)


def edges(picture: Pixels, weak: float, strong: float) -> Pixels:
    """Returns the edges (Canny 1986): the ridges of the gradient that hang together with a strong place."""
    padded = np.pad(picture.astype(np.int32), ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows, columns = (
        padded[:-2] + 2 * padded[1:-1] + padded[2:],
        padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:],
    )
    across, along = rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2]
    strongest = (np.abs(across) + np.abs(along)).argmax(axis=2)[..., None]
    dx, dy = (np.take_along_axis(part, strongest, axis=2)[..., 0] for part in (across, along))
    strength = np.abs(dx) + np.abs(dy)
    ridge = _is_ridge(strength, dx, dy) & (strength > min(weak, strong))
    return _grey(255 * _grown(ridge & (strength > max(weak, strong)), ridge))


def lines(picture: Pixels) -> Pixels:
    """Returns what is darker than its surroundings, however dark these are."""
    values = picture.astype(np.float32)
    darker = (blurred(values, LINE_SIGMA) - values).min(axis=2).clip(0, 255)
    seen = darker[darker > LEAST_LINE]
    scale = max(LEAST_SCALE, float(np.median(seen))) if seen.size else LEAST_SCALE
    return _grey(darker / scale * LINE_GREY)


def scribble(picture: Pixels, least: float) -> Pixels:
    """Returns the strokes that a difference of two blurred pictures has (Winnemöller 2011, section 2)."""
    sharp, soft = (blurred(picture.astype(np.float32), sigma) for sigma in STROKE_SIGMAS)
    kept = (255 - (soft - sharp).min(axis=2)).clip(0, 255).astype(np.uint8).astype(np.int32)
    return _grey(255 * (2 * (255 - kept) > least))


def black_and_white(picture: Pixels, darkest: float) -> Pixels:
    """Returns white where each colour is lighter than ``darkest``."""
    return _grey(255 * (picture.min(axis=2) > darkest))


def inverted(picture: Pixels) -> Pixels:
    return 255 - picture


def grey(picture: Pixels) -> Pixels:
    """Returns the lightness L* (CIE 1976) of colours in sRGB, 255 for white."""
    shares = picture / np.float32(255)
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    lightness = np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)
    return _grey((lightness * 2.55).round())


def coarse(picture: Pixels, factor: float) -> Pixels:
    """Returns the picture without what is smaller than ``factor`` pixels, for networks that add detail."""
    height, width = picture.shape[:2]
    size = max(1, round(width / factor)), max(1, round(height / factor))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def soft(picture: Pixels, sigma: float) -> Pixels:
    return blurred(picture.astype(np.float32), sigma).round().clip(0, 255).astype(np.uint8)


def for_clip(picture: Pixels) -> Pixels:
    """Returns the middle of a picture as CLIP sees it, as CLIPImageProcessor of transformers cuts it."""
    height, width = picture.shape[:2]
    shorter = min(height, width)
    size = (CLIP_PX * width // shorter, CLIP_PX * height // shorter)
    whole = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    left, top = ((length - CLIP_PX) // 2 for length in size)
    return np.asarray(whole)[top : top + CLIP_PX, left : left + CLIP_PX]


MAKERS: Mapping[str, Callable[..., Pixels]] = MappingProxyType(
    {
        "none": np.asarray,
        "canny": edges,
        "lineart": lines,
        "scribble": scribble,
        "threshold": black_and_white,
        "invert": inverted,
        "tile": coarse,
        "blur": soft,
        "grey": grey,
        **dict.fromkeys(IMAGE_PROMPTS, for_clip),
    }
)
"""By the keys of `core.request.control.PREPROCESSORS`; each takes a picture and its values."""


def blurred(values: Floats, sigma: float) -> Floats:
    """Returns (height, width, channels) under a Gaussian of ``sigma`` pixels, cut off after four of them."""
    radius = round(4 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        around = [(radius, radius) if axis == one else (0, 0) for one in range(values.ndim)]
        length = values.shape[axis]
        padded = np.pad(values, around, mode="reflect" if length > radius else "edge")
        ahead = (slice(None),) * axis
        values = sum(  # pyright: ignore[reportAssignmentType]
            weight * padded[(*ahead, slice(start, start + length))] for start, weight in enumerate(kernel)
        )
    return values


def _is_ridge(strength: NDArray[np.int32], dx: NDArray[np.int32], dy: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Returns the places that are as strong as both neighbours across the edge, in one of four directions."""
    padded = np.pad(strength, 1)
    height, width = strength.shape

    def neighbour(down: int, right: int) -> NDArray[np.int32]:
        return padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]

    flat = np.abs(dy) < np.tan(np.pi / 8) * np.abs(dx)
    steep = np.abs(dy) > np.tan(3 * np.pi / 8) * np.abs(dx)
    falls = (dx < 0) != (dy < 0)
    # the later neighbour has to be weaker only where it is not as strong: a plateau keeps one line of its two
    across = (strength > neighbour(0, -1)) & (strength >= neighbour(0, 1))
    down = (strength > neighbour(-1, 0)) & (strength >= neighbour(1, 0))
    rising = (strength > neighbour(-1, 1)) & (strength > neighbour(1, -1))
    falling = (strength > neighbour(-1, -1)) & (strength > neighbour(1, 1))
    return np.where(flat, across, np.where(steep, down, np.where(falls, rising, falling)))


def _grown(seeds: NDArray[np.bool_], within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns the connected places of ``within`` that touch a seed, corners included.

    Places are numbered; those side by side take the smaller number of each other, and of what that one has taken,
    until nothing changes: in as many rounds as the logarithm of the longest line.
    """
    numbers = np.full((seeds.shape[0] + 2, seeds.shape[1] + 2), -1)
    numbers[1:-1, 1:-1][within] = np.arange(np.count_nonzero(within))
    here = numbers[1:-1, 1:-1]
    beside = [numbers[2:, 1:-1], numbers[1:-1, 2:], numbers[2:, 2:], numbers[2:, :-2]]
    pairs = [(here[both], other[both]) for other in beside for both in [(here >= 0) & (other >= 0)]]
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    least = np.arange(np.count_nonzero(within))
    while np.any(least[one] != least[other]):
        smaller = np.minimum(least[one], least[other])
        np.minimum.at(least, least[one], smaller)
        np.minimum.at(least, least[other], smaller)
        while np.any(least != least[least]):
            least = least[least]
    grown = np.zeros_like(within)
    grown[within] = np.isin(least, least[here[seeds]])
    return grown


def _grey(values: NDArray[np.integer] | NDArray[np.floating]) -> Pixels:
    return np.repeat(values.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
