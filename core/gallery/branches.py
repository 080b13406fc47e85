"""The tree of branches that a picture belongs to: which run left which other one at which step."""

import sqlite3
from dataclasses import dataclass

MOST_RUNS = 2_000
_ANCESTORS = 500


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tree.

    Attributes:
        run: as in `core.recipes.recipe.Recipe`.
        pictures: ids of its pictures in the library, oldest first; () when they are not there.
        parent: the run that it left, or "".
        step, changes: where it left its parent and what was changed, as in `core.film.film.Parent`.
        depth: 0 for the first run of the tree.
    """

    run: str
    pictures: tuple[int, ...]
    parent: str
    step: int
    changes: str
    depth: int


def tree_of(connection: sqlite3.Connection, picture: int) -> tuple[Run, ...]:
    """Returns all runs of a picture's tree, each after its parent; () for a picture without a run.

    Branches of one run come in the order of their steps. Runs come from outside: circles are cut.
    """
    found = connection.execute("SELECT run FROM picture WHERE id = ? AND run != ''", (picture,)).fetchone()
    if found is None:
        return ()
    tree: list[Run] = []
    seen: set[str] = set()
    waiting = [(_first(connection, found[0]), "", 0, "", 0)]
    while waiting and len(tree) < MOST_RUNS:
        run, parent, step, changes, depth = waiting.pop()
        if run in seen:
            continue
        seen.add(run)
        pictures = connection.execute("SELECT id FROM picture WHERE run = ? ORDER BY created_ms, id", (run,))
        tree.append(Run(run, tuple(number for (number,) in pictures), parent, step, changes, depth))
        branches = connection.execute(
            "SELECT run, parent_step, min(parent_changes) FROM picture WHERE parent_run = ? AND run != '' "
            "GROUP BY run ORDER BY parent_step DESC, min(created_ms) DESC",
            (run,),
        )
        waiting += [(branch, run, at, what, depth + 1) for branch, at, what in branches]
    return tuple(tree)


def _first(connection: sqlite3.Connection, run: str) -> str:
    """Returns the run where it all began; one whose pictures are gone counts if another says that it left it."""
    seen = {run}
    for _ in range(_ANCESTORS):
        found = connection.execute(
            "SELECT parent_run FROM picture WHERE run = ? AND parent_run != '' LIMIT 1", (run,)
        ).fetchone()
        if found is None or found[0] in seen:
            break
        run = found[0]
        seen.add(run)
    return run
