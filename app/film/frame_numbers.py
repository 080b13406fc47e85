"""Numbers that are computed once for each frame of a film, also while it grows."""

from collections.abc import Callable
from typing import Generic, TypeVar

from core.film.film import Film, Frame

T = TypeVar("T")


class FrameNumbers(Generic[T]):
    """Keeps the results of ``compute`` for each frame of the last film."""

    def __init__(self, compute: Callable[[Frame], T]) -> None:
        self._compute = compute
        self._known: list[tuple[Frame, T]] = []

    def of(self, film: Film) -> list[T]:
        """Returns one result for each frame, in their order."""
        frames = film.frames
        same = 0
        while same < min(len(self._known), len(frames)) and self._known[same][0] is frames[same]:
            same += 1
        del self._known[same:]
        self._known += [(frame, self._compute(frame)) for frame in frames[same:]]
        return [value for _, value in self._known]
