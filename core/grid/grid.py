"""A grid: one request, and the values of up to three settings in whose combinations it is made."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

from core.grid.axes import AXES
from core.request.request import GenerationRequest

NAMES = "XYZ"
ID_DIGITS = 24
SHEET_SCRIPT = "X/Y/Z plot"
"""The setting ``Script`` of a sheet, in AUTOMATIC1111's program (``scripts/xyz_grid.py``) and here."""
_RUN_DIGITS = 8


def grid_of(run: str) -> str:
    """Returns the id of the grid for which a run was made, "" for other runs; those of grids end in a number."""
    return run[:ID_DIGITS] if run[ID_DIGITS:].startswith("0000") else ""


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a grid.

    Attributes:
        kind: key in `core.grid.axes.AXES`, "" for a direction that is not used.
        text: the values as they were typed.
        values: as texts, ranges counted and random seeds drawn.
    """

    kind: str = ""
    text: str = ""
    values: tuple[str, ...] = ("",)

    @property
    def title(self) -> str:
        return AXES[self.kind].title if self.kind else ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Returns the values for people; one that needs no explanation stands alone."""
        if not self.kind:
            return ("",)
        alone = not AXES[self.kind].numbers or self.kind == "lora"
        return tuple(value or "(nothing)" if alone else f"{self.title} {value}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Grid:
    """Pictures are numbered along X first, then Y, then Z.

    Attributes:
        id: 24 hexadecimal digits; the runs of its pictures begin with it.
        request: of one picture, with a seed; the axes put their values into it.
        axes: X, Y and Z.
    """

    id: str
    request: GenerationRequest
    axes: tuple[Axis, Axis, Axis]

    @property
    def size(self) -> tuple[int, int, int]:
        """Returns the numbers of columns, rows and sheets."""
        x, y, z = (len(axis.values) for axis in self.axes)
        return x, y, z

    @property
    def count(self) -> int:
        return math.prod(self.size)

    def place(self, number: int) -> tuple[int, int, int]:
        """Returns column, row and sheet of a picture."""
        columns, rows, _ = self.size
        return number % columns, number // columns % rows, number // (columns * rows)

    def request_of(self, number: int) -> GenerationRequest:
        """Returns the settings of a picture. Raises InvalidRequest for a value that cannot be read."""
        values = zip(self.axes, self.place(number), strict=True)
        used = [(axis, axis.values[at]) for axis, at in values if axis.kind]
        request, order = self.request, list(AXES)
        for axis, value in sorted(used, key=lambda item: order.index(item[0].kind)):
            request = AXES[axis.kind].apply(request, value, axis.values)
        for prompt, template in (("prompt", "template"), ("negative_prompt", "negative_template")):
            if getattr(request, prompt) != getattr(self.request, prompt):  # it was not drawn from that
                request = replace(request, **{template: ""})
        return request

    def run_of(self, number: int) -> str:
        """Returns the name of the run that makes a picture, `core.film.film.Film.run`."""
        return f"{self.id}{number:0{_RUN_DIGITS}x}"

    def number_of(self, run: str) -> int | None:
        """Returns the number of the picture that a run makes, None for a run of something else."""
        if not run.startswith(self.id) or len(run) != len(self.id) + _RUN_DIGITS:
            return None
        try:
            number = int(run[len(self.id) :], 16)
        except ValueError:
            return None
        return number if number < self.count else None

    @property
    def order(self) -> tuple[int, ...]:
        """Returns the numbers of all pictures in the order in which the engine has the least to do again.

        The axis that rebuilds most changes least. Of others Z changes least, then Y, as the sheet is read.
        """
        axes = sorted(range(3), key=lambda at: (-self._rebuilds(at), -at))
        columns, rows, _ = self.size
        weights = 1, columns, columns * rows
        return tuple(
            sum(weights[at] * value for at, value in zip(axes, values, strict=True))
            for values in itertools.product(*(range(self.size[at]) for at in axes))
        )

    def heaviest(self, number: int) -> tuple[str, ...]:
        """Returns what a picture has of the axes that rebuild most, such as its model."""
        most = max(map(self._rebuilds, range(3)))
        values = (
            (at, axis.values[place])
            for at, (axis, place) in enumerate(zip(self.axes, self.place(number), strict=True))
        )
        return tuple(value for at, value in values if most and self._rebuilds(at) == most)

    def _rebuilds(self, at: int) -> int:
        kind = self.axes[at].kind
        return AXES[kind].rebuilds if kind else 0
