"""The tools by which a mask is painted; each follows a pointer from its press to its release."""

from __future__ import annotations

from typing import Protocol

from app.masks.area import Area
from app.masks.brush import Brush, Stroke
from app.masks.painting import MaskPainting
from app.masks.shapes import Point, polygon, rectangle


class Tool(Protocol):
    """One gesture in progress."""

    @property
    def outline(self) -> tuple[Point, ...]:
        """Returns the points of a shape that is drawn so far, to be shown as a closed line."""
        ...

    def move(self, point: Point, pressure: float) -> Area | None:
        """Goes on to a point; returns the area of the mask that may look different."""
        ...

    def finish(self) -> Area | None:
        """Ends the gesture where it is."""
        ...


class BrushGesture:
    """Paints from the first point on."""

    outline: tuple[Point, ...] = ()

    def __init__(
        self, painting: MaskPainting, brush: Brush, point: Point, pressure: float, *, is_erasing: bool
    ) -> None:
        self._painting = painting
        self._is_erasing = is_erasing
        self._stroke = Stroke(brush, *point, pressure)

    def move(self, point: Point, pressure: float) -> Area | None:
        changed: Area | None = None
        for dab in self._stroke.to(*point, pressure):
            area = self._painting.cover(dab, is_erasing=self._is_erasing)
            changed = area.joined(changed) if area is not None else changed
        return changed

    def finish(self) -> Area | None:
        self._painting.end()
        return None


class RectangleGesture:
    """Fills the rectangle between the first point and the last."""

    def __init__(self, painting: MaskPainting, point: Point, *, is_erasing: bool) -> None:
        self._painting = painting
        self._is_erasing = is_erasing
        self._first = self._last = point
        self.outline: tuple[Point, ...] = ()

    def move(self, point: Point, pressure: float) -> Area | None:
        (left, top), (right, bottom) = self._first, point
        self._last = point
        self.outline = ((left, top), (right, top), (right, bottom), (left, bottom))
        return None

    def finish(self) -> Area | None:
        shape = rectangle(self._first, self._last, self._painting.area)
        area = self._painting.cover(shape, is_erasing=self._is_erasing)
        self._painting.end()
        return area


class LassoGesture:
    """Fills what a line goes around; its end is joined to its beginning."""

    def __init__(self, painting: MaskPainting, point: Point, *, is_erasing: bool) -> None:
        self._painting = painting
        self._is_erasing = is_erasing
        self._points = [point]

    @property
    def outline(self) -> tuple[Point, ...]:
        return tuple(self._points)

    def move(self, point: Point, pressure: float) -> Area | None:
        if point != self._points[-1]:
            self._points.append(point)
        return None

    def finish(self) -> Area | None:
        area = self._painting.cover(polygon(self._points, self._painting.area), is_erasing=self._is_erasing)
        self._painting.end()
        return area
