"""Contact sheet: all steps on one page, as photographers print a film."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

WIDEST_PX = 4096
LARGEST_PICTURE_PX = 1024
"""Limits the pictures that wait in memory until the page is laid out."""
GAP_PX = 8
BACKGROUND = (24, 24, 25)


class ContactSheet:
    """Collects the pictures and lays them out at the end."""

    def __init__(self, path: Path, size: tuple[int, int], _duration_ms: int) -> None:
        self._path = path
        self._pictures: list[Image.Image] = []

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        self._pictures.append(picture)

    def finish(self) -> None:
        page(self._pictures).save(self._path, "PNG")

    def abandon(self) -> None:
        self._pictures.clear()


def page(pictures: Sequence[Image.Image]) -> Image.Image:
    """Returns pictures of one size in rows, scaled down if the page would be wider than `WIDEST_PX`."""
    size = pictures[0].size
    columns, _ = layout(len(pictures), size)
    width, height = _fitting(size, columns)
    result = Image.new("RGB", page_size(len(pictures), size), BACKGROUND)
    for index, picture in enumerate(pictures):
        place = GAP_PX + index % columns * (width + GAP_PX), GAP_PX + index // columns * (height + GAP_PX)
        fit = picture if size == (width, height) else picture.resize((width, height), Image.Resampling.LANCZOS)
        result.paste(fit, place)
    return result


def page_size(pictures: int, size: tuple[int, int]) -> tuple[int, int]:
    """Returns (width, height) of a page with so many pictures of this size."""
    columns, rows = layout(pictures, size)
    width, height = _fitting(size, columns)
    return GAP_PX + columns * (width + GAP_PX), GAP_PX + rows * (height + GAP_PX)


def layout(pictures: int, size: tuple[int, int]) -> tuple[int, int]:
    """Returns (columns, rows) of a page that is about one and a half times as wide as it is high."""
    columns = math.ceil(math.sqrt(pictures * 1.5 * size[1] / size[0]))
    columns = min(max(columns, 1), max(pictures, 1))
    return columns, math.ceil(pictures / columns)


def _fitting(size: tuple[int, int], columns: int) -> tuple[int, int]:
    part = min(1.0, ((WIDEST_PX - GAP_PX) / columns - GAP_PX) / size[0])
    return max(round(size[0] * part), 1), max(round(size[1] * part), 1)
