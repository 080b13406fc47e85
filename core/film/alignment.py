"""Aligns two films: finds the call of the one that belongs beside a call of the other."""

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from core.film.film import Film


class AlignedBy(Enum):
    """``step`` where both runs have as many steps, else ``noise``: the calls with the most similar sigma."""

    step = auto()
    noise = auto()


@dataclass(frozen=True, slots=True, eq=False)
class FilmAlignment:
    """``second`` follows ``first``; either may still be growing or have been stopped."""

    first: Film
    second: Film

    @property
    def aligned_by(self) -> AlignedBy:
        same_steps = self._steps(self.first) == self._steps(self.second)
        return AlignedBy.step if same_steps else AlignedBy.noise

    @staticmethod
    def _steps(film: Film) -> tuple[int, int]:
        return film.request.steps, film.request.all_steps

    def partner(self, call: int) -> int | None:
        """Returns the recorded call of ``second`` for this call of ``first``, None if it has no call yet."""
        recorded = len(self.second.frames)
        if not recorded:
            return None
        if self.aligned_by is AlignedBy.step:
            return self._same_step(call, recorded)
        return self._same_noise(call, recorded)

    def _same_step(self, call: int, recorded: int) -> int:
        """Returns a call of the same step or the nearest; of two calls of a step, that of the same number."""
        mine, theirs = self.first.schedule.steps, self.second.schedule.steps[:recorded]
        nearest = min(theirs, key=lambda step: abs(step - mine[call]))
        begin = theirs.index(nearest)
        number = call - mine.index(mine[call])
        return begin + min(number, theirs.count(nearest) - 1)

    def _same_noise(self, call: int, recorded: int) -> int:
        """Returns the call that is nearest in log sigma: equal steps in it are equal steps for the eye."""
        with np.errstate(divide="ignore"):
            wanted = float(np.log(self.first.schedule.sigmas[call]))
            offered = np.log(self.second.schedule.sigmas[:recorded])
        if self.first.second is not None and self.second.second is not None:  # of two passes the calls of the same
            begin = self.second.second.first_call
            is_other = (np.arange(recorded) < begin) != (call < self.first.second.first_call)
            offered = offered if is_other.all() else np.where(is_other, np.inf, offered)
        # bounded, because the distance from infinity to itself must be 0
        distances = np.abs(np.clip(offered, -1e3, 1e3) - np.clip(wanted, -1e3, 1e3))
        return int(np.argmin(distances))
