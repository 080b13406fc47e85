"""Numbers computed once for each frame of a film, however often it is looked at while it grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from core.film.film import Film, Frame

T = TypeVar("T")


class FrameNumbers(Generic[T]):
    """Keeps what ``compute`` gave for each frame of the film that was asked for last."""

    def __init__(self, compute: Callable[[Frame], T]) -> None:
        self._compute = compute
        self._known: list[tuple[Frame, T]] = []

    def of(self, film: Film) -> list[T]:
        """One result for each frame, in their order."""
        frames = film.frames
        same = 0
        while same < min(len(self._known), len(frames)) and self._known[same][0] is frames[same]:
            same += 1
        del self._known[same:]
        self._known += [(frame, self._compute(frame)) for frame in frames[same:]]
        return [value for _, value in self._known]
