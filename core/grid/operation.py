"""The pictures of a grid as an operation of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.grid.grid import Grid
from core.language.words import tr
from core.request.request import GenerationRequest
from core.runs.events import PreviewMode
from core.runs.operations import Operation


@dataclass(frozen=True, slots=True, eq=False)
class MakeGrid(Operation[None]):
    """Makes pictures of a grid; each is the one that `Generate` makes of its settings.

    Events and errors are those of `Generate`.

    Attributes:
        place: the grid's folder, see `core.grid.folder`.
        numbers: of the pictures to make, in this order; `Grid.order` is the one with the least work.
        following: the numbers of pictures that come later, whose prompts may be read together with those.
        is_shared: other engines of this program make others of its pictures at the same time.
        films: the folder with films of unfinished runs: a picture whose film is there goes on where it was.
    """

    grid: Grid
    place: Path
    numbers: tuple[int, ...]
    films: Path | None = None
    previews: PreviewMode = PreviewMode.automatic
    attention: bool = False
    following: tuple[int, ...] = ()
    is_shared: bool = False

    @property
    def made(self) -> GenerationRequest:
        return self.grid.request_of(self.numbers[0]) if self.numbers else self.grid.request

    @property
    def title(self) -> str:
        x, y, z = self.grid.size
        size = f"{x} × {y}" if z == 1 else f"{x} × {y} × {z}"
        return tr(
            "Grid {size}: {split}",
            size=size,
            split=" ".join(self.grid.request.prompt.split()) or tr("(no prompt)"),
        )

    @property
    def pictures(self) -> int:
        return len(self.numbers)

    def part(self, number: int) -> MakeGrid:
        rest = self.numbers[number + 1 :]
        return replace(self, numbers=self.numbers[number : number + 1], following=rest)

    def next_of(self, left: Sequence[int], last: int | None, others: Sequence[int]) -> int:
        """Returns the part to make next, so that models change least; all parts are counted as in ``part``.

        Args:
            left: parts that have not begun, in their order.
            last: the one that was made before with this engine, None for the first one.
            others: those that other engines make now; an engine that begins takes what these have not loaded.
        """

        def loads(number: int) -> tuple[str, ...]:
            return self.grid.heaviest(self.numbers[number])

        own, taken = loads(last) if last is not None else None, set(map(loads, others))
        fresh = next((number for number in left if loads(number) not in taken), left[0])
        return next((number for number in left if loads(number) == own), fresh)

    @property
    def destination(self) -> Path:
        return self.place

    @property
    def goes_on_by_itself(self) -> bool:
        return True
