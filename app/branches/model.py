"""The tree of branches as rows for a list view, with the text and the lines of each.

Recipes come from outside: the text is shown as plain text.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QImage

from app.messages.stored import changes_text
from app.session.picture_loader import PictureLoader
from core.language.words import plural, tr
from core.recipes.differences import differences
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS
from core.runs.branch_tree import BranchRun, BranchTree

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
"""`BranchRow`."""

_NOWHERE = QModelIndex()
_LONGEST_PROMPT = 200


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


@dataclass(frozen=True, slots=True, eq=False)
class BranchRow:
    """All that is painted of a run.

    Attributes:
        detail: the second line of text.
        is_current: it is the run that is shown.
        picture: the file that stands for the run, None for a gap.
        thumbnail: null where the file cannot be read; None until it is loaded, and for a gap.
    """

    lane: Lane
    heading: str
    detail: str
    is_current: bool
    picture: Path | None
    thumbnail: QImage | None


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


class BranchModel(QAbstractListModel):
    """One row for each run; thumbnails are loaded when a view asks for them.

    Attributes:
        tree: the shown one, set by `show_tree`.
    """

    def __init__(self, loader: PictureLoader, parent: Any = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self.tree: BranchTree | None = None
        self._lanes: Lanes | None = None
        loader.thumbnail_loaded.connect(self._on_thumbnail_loaded)

    def show_tree(self, tree: BranchTree | None) -> None:
        if tree == self.tree:
            return
        self.beginResetModel()
        self.tree = tree
        self._lanes = Lanes(tree) if tree is not None else None
        self.endResetModel()

    def picture(self, row: int) -> Path | None:
        """Returns the picture that stands for a run, None for a gap."""
        pictures = self.tree.runs[row].pictures if self.tree is not None else ()
        return pictures[0] if pictures else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() or self.tree is None else len(self.tree.runs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        tree, lanes = self.tree, self._lanes
        if tree is None or lanes is None or not index.isValid():
            return None
        row = index.row()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return heading(tree.runs[row])
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return description(tree, row)
            case role if role == ROW_ROLE:
                run, path = tree.runs[row], self.picture(row)
                thumbnail = self._loader.thumbnail(path) if path is not None else None
                return BranchRow(
                    lanes.lane(row), heading(run), detail(tree, run), row == tree.current, path, thumbnail
                )
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or self.picture(index.row()) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    @Slot(object)
    def _on_thumbnail_loaded(self, path: Path) -> None:
        for row in range(self.rowCount()):
            if self.picture(row) == path:
                self.dataChanged.emit(self.index(row), self.index(row), [ROW_ROLE])


def heading(run: BranchRun) -> str:
    """Returns ``from step 9 · prompt`` for a branch, the prompt for the first run."""
    if run.origin is not None:
        return tr(
            "from step {step} · {changes}",
            step=run.origin.step + 1,
            changes=changes_text(run.origin.changes[:_LONGEST_PROMPT]) or tr("unchanged"),
        )
    if run.recipe is not None:
        return _prompt(run.recipe.request)
    return tr("No longer here")


def detail(tree: BranchTree, run: BranchRun) -> str:
    """Returns the differences from the parent, or the settings of the first run."""
    recipe = run.recipe
    if recipe is None:
        return tr("the picture of this run was moved or deleted")
    request = recipe.request
    parent = tree.runs[run.parent].recipe if run.parent is not None else None
    if parent is not None:
        found = differences(parent.request, request, parent.untold | recipe.untold)
        parts = [part for part in found if part.name != "steps"]
        # the heading says already that it is the prompt
        text = " · ".join(str(part).removeprefix("prompt ") for part in parts) or _prompt(request)
    elif run.parent is not None:
        text = _prompt(request)
    else:
        text = tr(
            "{steps} steps · {name} · seed {seed}",
            steps=request.all_steps,
            name=SAMPLERS[request.sampler].name,
            seed=request.seed,
        )
    return (
        tr("{value} · kept at step {step} of {steps}", value=text, step=recipe.step, steps=request.all_steps)
        if recipe.stage != "final"
        else text
    )


def description(tree: BranchTree, row: int) -> str:
    """Returns all about a row, for the tooltip and screen readers."""
    run = tree.runs[row]
    lines = [heading(run), detail(tree, run)]
    if run.recipe is not None and run.origin is not None:
        lines.append(_prompt(run.recipe.request))
    children = sum(1 for other in tree.runs if other.parent == row)
    if children:
        lines.append(plural("1 branch leaves it", "{count} branches leave it", children))
    if row == tree.current:
        lines.append(tr("This is the run that is shown"))
    return "\n".join(dict.fromkeys(lines))  # a prompt that stands there already is not repeated


def _prompt(request: GenerationRequest) -> str:
    return " ".join(request.prompt[:_LONGEST_PROMPT].split()) or tr("(no prompt)")
