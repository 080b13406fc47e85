"""The tree of branches, from the recipes of saved pictures: runs, and the steps at which they left each other.

Recipes come from outside. Parents that are not there become gaps, known by their name only; parents that go
round in a circle, or that nobody would believe, cost nothing but their edge.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.recipes.recipe import Parent, Recipe

RecipeAt = tuple[Path, Recipe]
"""A picture and its recipe."""


@dataclass(frozen=True, slots=True)
class BranchRun:
    """One run of the tree.

    Attributes:
        run: its name, `core.film.film.Film.run`.
        pictures: the finished one first, then kept steps, the latest step first; none where the run is a gap.
        recipe: of the first picture, None for a gap.
        parent: where its parent is in `BranchTree.runs`, None for the first one.
        origin: as in the recipe; None where the run has no parent in the tree.
        begin: where it left its parent, as a part of the way from noise (0) to picture (1).
        end: how far it has come: 1 for a finished picture, less where only steps were kept.
    """

    run: str
    pictures: tuple[Path, ...]
    recipe: Recipe | None
    parent: int | None
    origin: Parent | None
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class BranchTree:
    """Runs depth first: parents stand before children; of the children the ones that left latest come first.

    Attributes:
        current: which run the tree was asked for.
    """

    runs: tuple[BranchRun, ...]
    current: int

    def find(self, run: str) -> BranchRun | None:
        return next((known for known in self.runs if known.run == run), None)


def branch_tree(run: str, pictures: Iterable[RecipeAt]) -> BranchTree | None:
    """Returns the tree of a run, without other trees' pictures; None if nothing is known of the run."""
    by_run: dict[str, list[RecipeAt]] = {}
    for path, recipe in pictures:
        if recipe.run:
            by_run.setdefault(recipe.run, []).append((path, recipe))
    for found in by_run.values():
        found.sort(key=_finished_first)
    recipes = {name: found[0][1] for name, found in by_run.items()}
    origins = {name: recipe.parent for name, recipe in recipes.items() if recipe.parent is not None}
    parents = {name: origin.run for name, origin in origins.items()}
    places = {name: _place(origin, recipes[name], recipes.get(origin.run)) for name, origin in origins.items()}
    order = family(run, parents, lambda name: (-places[name], _time(recipes[name]), name))
    if not any(name in by_run for name in order):
        return None
    index_of = {name: index for index, name in enumerate(order)}
    runs: list[BranchRun] = []
    for index, name in enumerate(order):
        recipe = recipes.get(name)
        parent = index_of.get(parents.get(name, "")) if index else None
        is_child = parent is not None
        runs.append(
            BranchRun(
                run=name,
                pictures=tuple(path for path, _ in by_run.get(name, ())),
                recipe=recipe,
                parent=parent,
                origin=origins[name] if is_child else None,
                begin=places[name] if is_child else 0.0,
                end=_end(recipe) if recipe is not None else 1.0,
            )
        )
    return BranchTree(tuple(runs), index_of[run])


def family(run: str, parents: Mapping[str, str], order: Callable[[str], Any] | None = None) -> list[str]:
    """Returns all runs connected with this one, depth first from the oldest known one, which comes first.

    Args:
        parents: the parent of each run that has one.
        order: by which the children of a run are sorted.
    """
    seen = {run}
    oldest = run
    while (above := parents.get(oldest)) and above not in seen:
        seen.add(above)
        oldest = above
    children: dict[str, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found: list[str] = []
    seen = {oldest}
    waiting = [oldest]
    while waiting:
        name = waiting.pop()
        found.append(name)
        below = [child for child in children.get(name, ()) if child not in seen]
        seen.update(below)
        waiting += sorted(below, key=order, reverse=True)
    return found


def _finished_first(picture: RecipeAt) -> tuple[bool, int, float, str]:
    path, recipe = picture
    return recipe.stage != "final", -recipe.step, _time(recipe), str(path)


def _place(origin: Parent, recipe: Recipe, parent: Recipe | None) -> float:
    steps = parent.request.all_steps if parent is not None else recipe.request.all_steps
    return min(origin.step / steps, 1.0)


def _end(recipe: Recipe) -> float:
    return 1.0 if recipe.stage == "final" else min(recipe.step / recipe.request.all_steps, 1.0)


def _time(recipe: Recipe) -> float:
    return recipe.created.timestamp() if recipe.created is not None else float("inf")
