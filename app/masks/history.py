"""Undo of a mask: only the tiles that a change touched are kept, compressed, and no more than fits a limit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from app.masks.area import Area
from core.pictures.mask import MaskPixels

TILE_PX = 128
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """The tiles that another state of the mask has, by their first column and row."""

    tiles: tuple[tuple[int, int, bytes], ...]

    @property
    def size(self) -> int:
        return sum(len(content) for _, _, content in self.tiles)

    @property
    def area(self) -> Area:
        """Returns the smallest area around all tiles; it may go beyond the picture."""
        lefts, tops = [tile[0] for tile in self.tiles], [tile[1] for tile in self.tiles]
        return Area(min(lefts), min(tops), max(lefts) + TILE_PX, max(tops) + TILE_PX)


def difference(before: MaskPixels, after: MaskPixels, area: Area) -> Change:
    """Returns the tiles of ``before`` that differ from ``after`` in an area."""
    tiles: list[tuple[int, int, bytes]] = []
    for top in range(area.top // TILE_PX * TILE_PX, area.bottom, TILE_PX):
        for left in range(area.left // TILE_PX * TILE_PX, area.right, TILE_PX):
            part = _tile(left, top)
            if not np.array_equal(before[part], after[part]):
                tiles.append((left, top, zlib.compress(before[part].tobytes(), 1)))
    return Change(tuple(tiles))


def exchange(levels: MaskPixels, change: Change) -> Change:
    """Puts the tiles of a change into ``levels``, and returns the change that brings back what was there."""
    before: list[tuple[int, int, bytes]] = []
    for left, top, content in change.tiles:
        tile = levels[_tile(left, top)]
        before.append((left, top, zlib.compress(tile.tobytes(), 1)))
        tile[...] = np.frombuffer(zlib.decompress(content), np.uint8).reshape(tile.shape)
    return Change(tuple(before))


class History:
    """The changes that can be undone and redone; the oldest are forgotten beyond `most_bytes`."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def size(self) -> int:
        """Returns the memory that it takes, in bytes."""
        return sum(change.size for change in (*self._done, *self._undone))

    def add(self, change: Change) -> None:
        """Takes a change that was made; whatever was undone before is gone."""
        self._undone.clear()
        self._done.append(change)
        while self.size > self._most_bytes and len(self._done) > 1:
            del self._done[0]

    def undo(self, levels: MaskPixels) -> Area | None:
        """Takes the last change back; returns the area that is different, None where there is none."""
        return _move(self._done, self._undone, levels)

    def redo(self, levels: MaskPixels) -> Area | None:
        """Makes the last change that was undone again."""
        return _move(self._undone, self._done, levels)


def _move(source: list[Change], target: list[Change], levels: MaskPixels) -> Area | None:
    if not source:
        return None
    change = source.pop()
    target.append(exchange(levels, change))
    return change.area


def _tile(left: int, top: int) -> tuple[slice, slice]:
    return slice(top, top + TILE_PX), slice(left, left + TILE_PX)
