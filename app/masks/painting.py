"""A mask while it is painted: strokes are laid over it or take from it, and each can be taken back."""

from __future__ import annotations

import numpy as np

from app.masks.area import Area, Coverage
from app.masks.history import History, difference
from core.control.edits import UNTOUCHED
from core.pictures.mask import MaskPixels


class MaskPainting:
    """Changes the pixels of one mask.

    In one stroke the highest coverage of a pixel counts, so that a stroke may cross itself; strokes add up.

    Attributes:
        levels: the mask as it is now.
        history: the changes that can be taken back.
    """

    def __init__(self, levels: MaskPixels, history: History | None = None) -> None:
        self.levels = levels.copy()
        self.history = history or History()
        self._before = levels.copy()
        self._coverage = np.zeros_like(levels)
        self._changed: Area | None = None

    @property
    def area(self) -> Area:
        """Returns the area of the whole picture."""
        height, width = self.levels.shape
        return Area(0, 0, width, height)

    @property
    def is_at_work(self) -> bool:
        """Returns whether a stroke has been begun and not ended."""
        return self._changed is not None

    def cover(self, coverage: Coverage, *, is_erasing: bool) -> Area | None:
        """Adds to the stroke in progress, or begins one; returns the area that may look different now."""
        area = coverage.area.within(self.area)
        if area.is_empty:
            return None
        part = area.slices
        np.maximum(self._coverage[part], coverage.within(area), out=self._coverage[part])
        self._mix(part, is_erasing=is_erasing)
        self._changed = area.joined(self._changed)
        return area

    def _mix(self, part: tuple[slice, slice], *, is_erasing: bool) -> None:
        """Lays the stroke in progress over a part of what was there before it."""
        kept = 255 - self._coverage[part].astype(np.uint16)
        if is_erasing:
            self.levels[part] = _product(kept, self._before[part])
        else:
            np.subtract(255, _product(kept, 255 - self._before[part]), out=self.levels[part])

    def end(self) -> bool:
        """Ends the stroke; returns whether it changed anything, and so can be undone."""
        changed, self._changed = self._changed, None
        if changed is None:
            return False
        self._coverage[changed.slices] = 0
        change = difference(self._before, self.levels, changed)
        self._before[changed.slices] = self.levels[changed.slices]
        if change.tiles:
            self.history.add(change)
        return bool(change.tiles)

    def cancel(self) -> Area | None:
        """Takes the stroke in progress back; returns the area that is different."""
        changed, self._changed = self._changed, None
        if changed is not None:
            self._coverage[changed.slices] = 0
            self.levels[changed.slices] = self._before[changed.slices]
        return changed

    def replace(self, levels: MaskPixels) -> bool:
        """Makes another mask of the same size the present one, as one change; returns whether it is another."""
        self.cancel()
        self.levels[...] = levels
        self._changed = self.area
        return self.end()

    def undo(self) -> Area | None:
        """Takes the last change back; returns the area that is different."""
        self.cancel()
        return self._follow(self.history.undo(self.levels))

    def redo(self) -> Area | None:
        self.cancel()
        return self._follow(self.history.redo(self.levels))

    def _follow(self, area: Area | None) -> Area | None:
        if area is not None:
            area = area.within(self.area)
            self._before[area.slices] = self.levels[area.slices]
        return area


class MapPainting(MaskPainting):
    """Changes what is painted over a map (`core.control.edits`); the eraser brings the map back.

    Attributes:
        ink: 255 for white, 0 for black.
    """

    ink = 255

    def _mix(self, part: tuple[slice, slice], *, is_erasing: bool) -> None:
        before, cover = self._before[part].astype(np.int32), self._coverage[part].astype(np.int32)
        target = UNTOUCHED if is_erasing else self.ink
        self.levels[part] = (before * (255 - cover) + target * cover + 127) // 255


def _product(first: np.ndarray, second: MaskPixels) -> MaskPixels:
    """Returns the product of levels where 255 is one, rounded, from uint16 and uint8."""
    product = first * second
    product += 128
    product += product >> 8
    return (product >> 8).astype(np.uint8)
