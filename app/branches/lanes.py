"""The geometry of the tree of branches: one row for each run, its line along the way from noise to picture."""

from dataclasses import dataclass

from core.runs.branch_tree import BranchTree


@dataclass(frozen=True, slots=True)
class Lane:
    """The lines of one row; places are parts of the axis from noise (0) to picture (1).

    Attributes:
        taken_from: from here to ``begin`` the steps are the parent's, drawn because a branch leaves there.
        begin, end: the run's own steps.
        above: the place of the parent's line that comes down into this row, None for the first run.
        below: the places at which branches leave this run.
        through: the places at which lines of other runs pass.
        way: the part of this run that the shown run passes: up to its end, to the branch, or None.
        way_through: the place at which the shown run's line passes through this row, or None.
    """

    taken_from: float
    begin: float
    end: float
    above: float | None
    below: tuple[float, ...]
    through: tuple[float, ...]
    way: float | None
    way_through: float | None


class Lanes:
    """The lanes of a tree, computed when they are needed."""

    def __init__(self, tree: BranchTree) -> None:
        self._runs = tree.runs
        last_child: dict[tuple[int, float], int] = {}
        for row, run in enumerate(tree.runs):
            if run.parent is not None:
                last_child[run.parent, run.begin] = row
        self._spans = [(parent, row, place) for (parent, place), row in last_child.items()]
        self._ways = _ways(tree)
        self._below: dict[int, list[float]] = {}
        for parent, _, place in self._spans:
            self._below.setdefault(parent, []).append(place)

    def lane(self, row: int) -> Lane:
        run = self._runs[row]
        below = sorted(self._below.get(row, ()))
        passing = {place for parent, last, place in self._spans if parent < row < last}
        return Lane(
            taken_from=min([run.begin, *below]),
            begin=run.begin,
            end=max(run.end, run.begin),
            above=run.begin if run.parent is not None else None,
            below=tuple(below),
            through=tuple(sorted(passing)),
            way=self._ways.get(row),
            way_through=self._way_through(row),
        )

    def _way_through(self, row: int) -> float | None:
        for child in self._ways:
            parent = self._runs[child].parent
            if parent is not None and parent < row < child:
                return self._runs[child].begin
        return None


def _ways(tree: BranchTree) -> dict[int, float]:
    """Returns the shown run and its ancestors, with the part of each line that leads to the shown run."""
    ways: dict[int, float] = {}
    row: int | None = tree.current
    until = max(tree.runs[tree.current].end, tree.runs[tree.current].begin)
    while row is not None:
        ways[row] = until
        until, row = tree.runs[row].begin, tree.runs[row].parent
    return ways
