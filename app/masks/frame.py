"""The frame around a picture that is to become wider: the arithmetic of its handles, without any widget."""

from __future__ import annotations

from enum import Enum

from core.pictures.opening import MOST_PIXELS
from core.request.mask import MARGIN, Margins
from core.request.request import Size


class Handle(Enum):
    """The places at which a frame is drawn, by the side that moves: −1 is left or top, 1 right or bottom."""

    top_left = -1, -1
    top = 0, -1
    top_right = 1, -1
    left = -1, 0
    right = 1, 0
    bottom_left = -1, 1
    bottom = 0, 1
    bottom_right = 1, 1

    @property
    def across(self) -> int:
        return self.value[0]

    @property
    def down(self) -> int:
        return self.value[1]


def drawn(
    margins: Margins, size: Size, handle: Handle, dx: float, dy: float, step: int, *, is_mirrored: bool = False
) -> Margins:
    """Returns the margins after a handle was moved by so many pixels of the picture.

    Width and height of the frame become multiples of ``step`` as far as they change; the frame does not become
    smaller than the picture, nor larger than pictures may be. ``is_mirrored`` moves the other side as well.
    """
    left, right = _side(margins.left, margins.right, size.width, handle.across, dx, step, is_mirrored=is_mirrored)
    top, bottom = _side(margins.top, margins.bottom, size.height, handle.down, dy, step, is_mirrored=is_mirrored)
    moved = Margins(left, top, right, bottom)
    width, height = moved.around(size.width, size.height)
    return moved if width * height <= MOST_PIXELS else margins


def _side(
    before: int, after: int, length: int, side: int, by: float, step: int, *, is_mirrored: bool
) -> tuple[int, int]:
    if not side:
        return before, after
    here, there = (before, after) if side < 0 else (after, before)
    wanted = here + by * side
    total = round((wanted + length + there) / step) * step
    moved = min(max(total - length - there, 0), MARGIN[-1]) if wanted > 0 else 0
    if is_mirrored:
        there = min(max(there + moved - here, 0), MARGIN[-1])
    return (moved, there) if side < 0 else (there, moved)
