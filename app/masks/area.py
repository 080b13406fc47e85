"""Rectangles of whole pixels, and parts of masks that lie in them."""

from __future__ import annotations

from dataclasses import dataclass

from core.pictures.mask import MaskPixels


@dataclass(frozen=True, slots=True)
class Area:
    """Pixels from ``left`` and ``top`` up to, and without, ``right`` and ``bottom``."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Returns the index of these pixels in an array of a whole picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def joined(self, other: Area | None) -> Area:
        """Returns the smallest area around both."""
        if other is None or other.is_empty:
            return self
        if self.is_empty:
            return other
        return Area(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def within(self, other: Area) -> Area:
        """Returns the part of it that lies in ``other``; it may be empty."""
        return Area(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """The part of each pixel that a tool covers, 0 to 255, in the place where it does.

    Attributes:
        left, top: of the first pixel of ``levels``; parts may lie outside of the picture.
    """

    left: int
    top: int
    levels: MaskPixels

    @property
    def area(self) -> Area:
        height, width = self.levels.shape
        return Area(self.left, self.top, self.left + width, self.top + height)

    def within(self, area: Area) -> MaskPixels:
        """Returns the levels of an area that lies inside of its own."""
        return self.levels[
            area.top - self.top : area.bottom - self.top, area.left - self.left : area.right - self.left
        ]
