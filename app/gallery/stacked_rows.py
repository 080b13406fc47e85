"""The rows of the grid: all pictures of an answer, but of a closed stack only its cover."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.gallery.query import Answer, Section

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stacked:
    """The stack of a row.

    Attributes:
        count: its pictures, as far as the query finds them; 1 for a picture that stands alone.
        is_cover: the row is the first of it.
    """

    count: int = 1
    is_open: bool = False
    is_cover: bool = False

    @property
    def is_closed(self) -> bool:
        return self.count > 1 and not self.is_open


@dataclass(slots=True, eq=False)
class StackedRows:
    """An answer, and the stacks of it that are open: those with a picture of ``opened``, by its id.

    Attributes:
        ids: int64 (rows,), of the pictures in the rows.
        sections: of the rows.
    """

    answer: Answer
    opened: Collection[int] = ()
    ids: Numbers = field(init=False)
    sections: tuple[Section, ...] = field(init=False)
    _starts: Numbers = field(init=False)
    _counts: Numbers = field(init=False)
    _is_open: NDArray[np.bool_] = field(init=False)
    _places: Numbers = field(init=False)
    _stacks: Numbers = field(init=False)

    def __post_init__(self) -> None:
        all_ids, heads = self.answer.ids, self.answer.heads
        if heads is None:
            heads = np.arange(len(all_ids))
        is_start = np.diff(heads, prepend=-1) > 0
        self._starts = np.flatnonzero(is_start)
        self._counts = np.diff(self._starts, append=len(heads))
        stack_of = np.cumsum(is_start) - 1
        self._is_open = self._any(np.isin(all_ids, list(self.opened)))
        self._places = np.flatnonzero(is_start | self._is_open[stack_of])
        self._stacks = stack_of[self._places]
        self.ids = all_ids[self._places]
        ends = np.array([section.start + section.count for section in self.answer.sections], np.int64)
        rows = np.searchsorted(self._places, ends).tolist()
        self.sections = tuple(
            replace(section, start=start, count=end - start, pictures=section.count)
            for section, start, end in zip(self.answer.sections, [0, *rows], rows, strict=False)
        )

    def stack(self, row: int) -> Stacked:
        stack = self._stacks[row]
        is_cover = bool(self._places[row] == self._starts[stack])
        return Stacked(int(self._counts[stack]), bool(self._is_open[stack]), is_cover)

    def pictures_of(self, rows: Sequence[int]) -> Numbers:
        """Returns the pictures that rows stand for, a closed stack for all of its own."""
        if not len(rows):
            return self.ids[:0]
        stacks = self._stacks[list(rows)]
        counts = np.where(self._is_open[stacks], 1, self._counts[stacks])
        before = np.repeat(np.cumsum(counts) - counts, counts)
        return self.answer.ids[np.repeat(self._places[list(rows)], counts) + np.arange(counts.sum()) - before]

    def members(self, row: int) -> Numbers:
        """Returns the pictures of a row's stack, whether open or closed."""
        stack = self._stacks[row]
        return self.answer.ids[self._starts[stack] : self._starts[stack] + self._counts[stack]]

    def rows_of(self, numbers: Numbers) -> Numbers:
        """Returns all rows that stand for some of these pictures, rising."""
        is_wanted = np.isin(self.answer.ids, numbers)
        is_hidden_in = ~self._is_open & self._any(is_wanted)
        return np.flatnonzero(is_wanted[self._places] | is_hidden_in[self._stacks])

    def alone(self, rows: Sequence[int]) -> Numbers:
        """Returns the pictures of those rows that stand for one picture."""
        stacks = self._stacks[list(rows)]
        return self.ids[list(rows)][self._is_open[stacks] | (self._counts[stacks] == 1)]

    def partly(self, numbers: Numbers) -> Numbers:
        """Returns all pictures of the closed stacks of which some pictures, but not all, are among ``numbers``."""
        is_one = np.isin(self.answer.ids, numbers)
        is_partly = self._any(is_one) & self._any(~is_one) & ~self._is_open
        return self.answer.ids[np.repeat(is_partly, self._counts)]

    def _any(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Returns for each stack whether one of its pictures has the flag."""
        return np.logical_or.reduceat(flags, self._starts) if len(flags) else flags
