"""The places of a film's calls across the window, which strip and scrubber share."""

from dataclasses import dataclass, field
from functools import lru_cache

from core.film.film import Film

GAP_PX = 4
HIGHEST_PX, NARROWEST_PX, LOWEST_PX = 64, 24, 40
"""Of the small pictures: few are as high as there is room, of many only every n-th is shown. Those with less room
than the lowest one takes show their middle."""
_WIDEST_RATIO = 2.0


@dataclass(frozen=True, slots=True)
class CallScale:
    """Spreads the calls evenly, the first and the last with room for half a picture outside.

    Attributes:
        width_px: of the widget. calls: of the whole run, done or not.
        ratio: width to height of the pictures, from 0.5 to 2.
        every: n where every n-th call is shown by a picture: 1 as far as there is room.
        picture_px: (width, height) of the small pictures.
    """

    width_px: int
    calls: int
    ratio: float = 1.0
    every: int = field(init=False)
    picture_px: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        fits = (n for n in range(1, self.calls) if self._fitting_px(n) >= NARROWEST_PX)
        object.__setattr__(self, "every", next(fits, max(self.calls, 1)))
        widest = min(HIGHEST_PX * self.ratio, HIGHEST_PX * 1.5)
        width = max(min(self._fitting_px(self.every), widest), 8.0)
        object.__setattr__(self, "picture_px", (int(width), max(int(width / self.ratio), LOWEST_PX)))

    @classmethod
    def of(cls, film: Film | None, width_px: int) -> "CallScale":
        if film is None:
            return _scale(width_px, 1, 1.0)
        size = film.whole_size
        ratio = min(max(size.width / size.height, 1 / _WIDEST_RATIO), _WIDEST_RATIO)
        return _scale(width_px, film.schedule.calls, ratio)

    @property
    def shown(self) -> range:
        """Returns the calls that have a picture, from the last one backwards."""
        return range(self.calls - 1, -1, -self.every)

    def place_of(self, call: int) -> float:
        """Returns the x of a call, in pixels."""
        return self._margin_px + (self.width_px - 2 * self._margin_px) * call / max(self.calls - 1, 1)

    def call_at(self, x_px: float) -> int:
        """Returns the call nearest to a place, recorded or not."""
        width_px = max(self.width_px - 2 * self._margin_px, 1)
        return min(max(round((x_px - self._margin_px) / width_px * (self.calls - 1)), 0), self.calls - 1)

    @property
    def _margin_px(self) -> float:
        return self.picture_px[0] / 2 + GAP_PX

    def _fitting_px(self, every: int) -> float:
        """Returns the width of pictures of every n-th call that stand side by side with gaps."""
        part = every / max(self.calls - 1, 1)
        return (part * (self.width_px - 2 * GAP_PX) - GAP_PX) / (1 + part)


@lru_cache(maxsize=16)
def _scale(width_px: int, calls: int, ratio: float) -> CallScale:
    """Painting asks hundreds of times, which took a third of its time."""
    return CallScale(width_px, calls, ratio)
