"""Contact sheet: all steps on one page, as photographers print a film."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image

WIDEST_PX = 4096
GAP_PX = 8
BACKGROUND = (24, 24, 25)


class ContactSheet:
    """Collects the pictures, made smaller if the page would become too wide, and lays them out at the end."""

    def __init__(self, path: Path, size: tuple[int, int], _duration_ms: int) -> None:
        self._path = path
        self._size = size
        self._pictures: list[Image.Image] = []

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        self._pictures.append(picture)

    def finish(self) -> None:
        columns, rows = layout(len(self._pictures), self._size)
        part = min(1.0, ((WIDEST_PX - GAP_PX) / columns - GAP_PX) / self._size[0])
        width, height = (max(round(length * part), 1) for length in self._size)
        page = Image.new(
            "RGB", (GAP_PX + columns * (width + GAP_PX), GAP_PX + rows * (height + GAP_PX)), BACKGROUND
        )
        for index, picture in enumerate(self._pictures):
            place = GAP_PX + index % columns * (width + GAP_PX), GAP_PX + index // columns * (height + GAP_PX)
            fit = picture if part == 1 else picture.resize((width, height), Image.Resampling.LANCZOS)
            page.paste(fit, place)
        page.save(self._path, "PNG")

    def abandon(self) -> None:
        self._pictures.clear()


def layout(pictures: int, size: tuple[int, int]) -> tuple[int, int]:
    """(columns, rows) of a page that is about one and a half times as wide as it is high."""
    columns = math.ceil(math.sqrt(pictures * 1.5 * size[1] / size[0]))
    columns = min(max(columns, 1), max(pictures, 1))
    return columns, math.ceil(pictures / columns)
