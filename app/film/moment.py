"""What a view gets to see: a film, one of its calls, and what is known about it besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.attention_maps import AttentionRecord
from core.film import Film, Frame, Schedule
from core.picture import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One call of a film, recorded already.

    Attributes:
        decoded: the true picture of x0 at this call, once it is there.
        attention: what was recorded of the words, None if nothing was.
        ghosts: schedules of other samplers with as many steps, by their names.
    """

    film: Film
    call: int
    decoded: Pixels | None = None
    attention: AttentionRecord | None = None
    ghosts: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])

    @property
    def frame(self) -> Frame:
        return self.film.frames[self.call]
