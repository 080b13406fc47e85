"""Shapes that are filled at once: the rectangle and the lasso."""

from collections.abc import Sequence

import numpy as np

from app.masks.area import Area, Coverage

Point = tuple[float, float]
"""A place in the picture; its first pixel reaches from 0 to 1."""


def rectangle(first: Point, second: Point, picture: Area) -> Coverage:
    """Returns all pixels that a rectangle between two corners touches, as far as they lie in the picture."""
    left, right = sorted((first[0], second[0]))
    top, bottom = sorted((first[1], second[1]))
    area = Area(int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom))).within(picture)
    size = (0, 0) if area.is_empty else (area.bottom - area.top, area.right - area.left)
    return Coverage(area.left, area.top, np.full(size, 255, np.uint8))


def polygon(points: Sequence[Point], picture: Area) -> Coverage:
    """Returns the pixels whose middles a closed line goes around, also twice (nonzero winding)."""
    xs, ys = (np.array([point[axis] for point in points], np.float64) for axis in (0, 1))
    area = Area(
        int(np.floor(xs.min())), int(np.floor(ys.min())), int(np.ceil(xs.max())), int(np.ceil(ys.max()))
    ).within(picture)
    if area.is_empty:
        return Coverage(picture.left, picture.top, np.zeros((0, 0), np.uint8))
    width = area.right - area.left
    turns = np.zeros((area.bottom - area.top, width + 1), np.int32)
    for x, y, next_x, next_y in zip(xs, ys, np.roll(xs, -1), np.roll(ys, -1), strict=True):
        # rows whose middles lie between the ends of this side
        first, end = (int(np.ceil(end - 0.5)) for end in sorted((y, next_y)))
        rows = np.arange(max(first, area.top), min(end, area.bottom))
        if len(rows):
            crossing = x + (rows + 0.5 - y) * (next_x - x) / (next_y - y)
            columns = np.clip(np.ceil(crossing - 0.5).astype(np.int64) - area.left, 0, width)
            turns[rows - area.top, columns] += 1 if next_y > y else -1
    inside = np.cumsum(turns[:, :width], axis=1) != 0
    return Coverage(area.left, area.top, inside.astype(np.uint8) * np.uint8(255))
