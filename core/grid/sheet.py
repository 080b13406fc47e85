"""The sheet of a grid: all its pictures with their values beside them, drawn as they come, and its file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from core.files.atomic import write_file
from core.grid.description import grid_to_text, without_places
from core.grid.folder import KEYWORD, SHEET
from core.grid.grid import NAMES, SHEET_SCRIPT, Grid
from core.grid.lettering import Lettering
from core.pictures.metadata import png_info, recipe_texts
from core.pictures.opening import flattened, open_picture
from core.recipes.recipe import ModelIdentity, Recipe, signed
from core.request.json_values import plain_name
from core.request.request import Size

MOST_PIXELS = 40_000_000
LARGEST_SIDE_PX = 16_000
SMALLEST_CELL_PX = 16
GAP_PX = 8
BACKGROUND, EMPTY, TEXT = (24, 24, 25), (44, 44, 46), (228, 228, 231)
WRITE_SHARE = 100
"""While pictures are made the sheet is written so seldom that it takes at most one part in so many of the time."""


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """The places on a sheet, in pixels: one block for each value of Z, side by side, with rows and columns.

    Attributes:
        scale: of the pictures, at most 1.
        cell: of a picture, the smallest that holds all of them.
        head, side: of the labels above the columns, and before the rows.
        title: of the line above a block, 0 without Z.
        lettering: of the labels.
    """

    grid: Grid
    scale: float
    cell: Size
    head: int
    side: int
    title: int
    lettering: Lettering

    @classmethod
    def of(cls, grid: Grid) -> SheetLayout:
        """Returns pictures in their own size, or as much smaller as the sheet needs."""
        sizes = {grid.request_of(number).size for number in range(grid.count)}
        largest = Size(max(size.width for size in sizes), max(size.height for size in sizes))
        layout, scale = cls._scaled(grid, largest, 1.0), 1.0
        while not layout.fits and max(layout.cell.width, layout.cell.height) > SMALLEST_CELL_PX:
            scale *= 0.9
            layout = cls._scaled(grid, largest, scale)
        return layout

    @classmethod
    def _scaled(cls, grid: Grid, largest: Size, scale: float) -> SheetLayout:
        width, height = (max(round(side * scale), SMALLEST_CELL_PX) for side in (largest.width, largest.height))
        cell = Size(width, height)
        letters = Lettering.for_width(cell.width)
        x, y, z = grid.axes
        side = max(letters.width(label, cell.width) for label in y.labels) + GAP_PX if y.kind else 0
        head = max(letters.height(label, cell.width) for label in x.labels) + GAP_PX if x.kind else 0
        block = len(x.values) * (cell.width + GAP_PX)
        title = max(letters.height(label, block) for label in z.labels) + GAP_PX if z.kind else 0
        return cls(grid, scale, cell, head, side, title, letters)

    @property
    def fits(self) -> bool:
        return self.width * self.height <= MOST_PIXELS and max(self.width, self.height) <= LARGEST_SIDE_PX

    @property
    def width(self) -> int:
        return GAP_PX + self.grid.size[2] * (self._block + GAP_PX)

    @property
    def height(self) -> int:
        return GAP_PX + self.title + self.head + self.grid.size[1] * (self.cell.height + GAP_PX)

    def corner(self, number: int) -> tuple[int, int]:
        """Returns the left and the upper edge of a picture's place."""
        column, row, block = self.grid.place(number)
        left = GAP_PX + block * (self._block + GAP_PX) + self.side + column * (self.cell.width + GAP_PX)
        return left, GAP_PX + self.title + self.head + row * (self.cell.height + GAP_PX)

    @property
    def _block(self) -> int:
        return self.side + self.grid.size[0] * (self.cell.width + GAP_PX)

    def empty(self) -> Image.Image:
        """Returns the sheet with its labels and without pictures."""
        sheet = Image.new("RGB", (self.width, self.height), BACKGROUND)
        pen, letters, (x, y, z) = ImageDraw.Draw(sheet), self.lettering, self.grid.axes
        for number in range(self.grid.count):
            (left, top), (column, row, block) = self.corner(number), self.grid.place(number)
            width, height = self.cell.width, self.cell.height
            pen.rectangle((left, top, left + width - 1, top + height - 1), EMPTY)
            if row == 0 and x.kind:
                letters.draw(pen, (left + width // 2, top - GAP_PX), x.labels[column], width, "md", TEXT)
            if column == 0 and y.kind:
                letters.draw(pen, (left - GAP_PX, top + height // 2), y.labels[row], width, "rm", TEXT)
            if row == column == 0 and z.kind:
                above = top - self.head - GAP_PX
                letters.draw(pen, (left, above), z.labels[block], self._block - self.side, "ld", TEXT)
        return sheet


class Sheet:
    """Draws the pictures of a grid as they are made, and writes the sheet into the grid's folder.

    Lives in one thread at a time.
    """

    def __init__(self, grid: Grid, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = folder / SHEET
        self._grid = grid
        self._clock = clock
        self._layout = SheetLayout.of(grid)
        self._picture = self._layout.empty()
        self._next_write = 0.0
        self._is_behind = True

    def add(self, number: int, picture: Path) -> None:
        """Puts a picture into its place. Raises UnreadablePicture."""
        cell, (left, top) = self._layout.cell, self._layout.corner(number)
        drawn = flattened(open_picture(picture))
        scale = min(self._layout.scale, cell.width / drawn.width, cell.height / drawn.height)
        if scale < 1:
            size = max(round(drawn.width * scale), 1), max(round(drawn.height * scale), 1)
            drawn = drawn.resize(size, Image.Resampling.LANCZOS)
        place = left + (cell.width - drawn.width) // 2, top + (cell.height - drawn.height) // 2
        self._picture.paste(drawn, place)
        self._is_behind = True

    def write_if_due(self) -> None:
        """Writes the sheet if that has not been done for long. Raises SaveFailed."""
        if self._clock() >= self._next_write:
            self.write()

    def write_if_behind(self) -> None:
        """Writes the sheet if the file lacks a picture. Raises SaveFailed."""
        if self._is_behind:
            self.write()

    def write(self) -> None:
        """Writes the sheet with its description and a recipe. Raises SaveFailed."""
        began = self._clock()
        texts = recipe_texts(signed(_recipe(self._grid), datetime.now().astimezone()))
        texts[KEYWORD] = grid_to_text(self._grid, has_places=False)
        content = BytesIO()
        self._picture.save(content, "PNG", pnginfo=png_info(texts), compress_level=1)
        write_file(self.path, content.getvalue())
        self._is_behind, now = False, self._clock()
        self._next_write = now + WRITE_SHARE * (now - began)


def _recipe(grid: Grid) -> Recipe:
    """Returns the recipe of the grid's request, with the axes under AUTOMATIC1111's names for them."""
    others: Mapping[str, str] = {"Script": SHEET_SCRIPT}
    for name, axis in zip(NAMES, grid.axes, strict=True):
        if axis.kind:
            kind = axis.kind.capitalize().replace("-", " ")
            others = {**others, f"{name} Type": kind, f"{name} Values": without_places(axis).text}
            if axis.kind == "seed":
                others = {**others, f"Fixed {name} Values": ", ".join(axis.values)}
    model = plain_name(grid.request.model)
    return Recipe(
        replace(grid.request, model=model), ModelIdentity(model, model, "", ""), batch=grid.id, others=others
    )
