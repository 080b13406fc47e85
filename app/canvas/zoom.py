"""The place of a picture in the canvas: the arithmetic of zooming and panning, without any widget."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SMALLEST_SCALE = 1 / 32
LARGEST_SCALE = 64.0
LARGEST_FITTED = 3.0
"""The scale beyond which enlarged pictures only look blurred; the user can go further."""
MARGIN = 24.0
"""The free space around a fitted picture, in units of the view."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Width and height of a picture (in its pixels) or of the view (in device-independent pixels)."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placement:
    """A picture in the view.

    Attributes:
        scale: units of the view for each pixel of the picture.
        left, top: where the picture's corner is, in the view.
    """

    scale: float
    left: float
    top: float

    def zoomed(self, factor: float, x: float, y: float) -> Placement:
        """Enlarges or reduces; the point at (x, y) stays there."""
        scale = min(max(self.scale * factor, SMALLEST_SCALE), LARGEST_SCALE)
        ratio = scale / self.scale
        return Placement(scale, x + (self.left - x) * ratio, y + (self.top - y) * ratio)

    def panned(self, dx: float, dy: float) -> Placement:
        return replace(self, left=self.left + dx, top=self.top + dy)

    def limited(self, view: Extent, picture: Extent) -> Placement:
        """Keeps the picture in sight: centred along an edge that fits, else never beyond the view's border."""
        return replace(
            self,
            left=_limited(self.left, view.width, picture.width * self.scale),
            top=_limited(self.top, view.height, picture.height * self.scale),
        )


def fitted(view: Extent, picture: Extent) -> Placement:
    """Fits the whole picture, with a margin; small ones grow to `LARGEST_FITTED` at most."""
    room_x = max(view.width - 2 * MARGIN, 1.0)
    room_y = max(view.height - 2 * MARGIN, 1.0)
    return centred(view, picture, min(room_x / picture.width, room_y / picture.height, LARGEST_FITTED))


def centred(view: Extent, picture: Extent, scale: float) -> Placement:
    """Puts the picture's middle into the view's middle, on whole units so that pixels stay sharp."""
    return Placement(
        scale,
        math.floor((view.width - picture.width * scale) / 2),
        math.floor((view.height - picture.height * scale) / 2),
    )


def _limited(start: float, view: float, length: float) -> float:
    if length <= view:
        return math.floor((view - length) / 2)
    return min(0.0, max(view - length, start))
