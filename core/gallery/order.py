"""The order in time of pictures of one request, which several engines finish in another one.

By time they stand in the places that they have by the moments of their making, and in these by their numbers.
Those of another day stand for themselves, so that days stay in order.
"""

import sqlite3
from collections.abc import Mapping

from core.grid.grid import ID_DIGITS, grid_of
from core.recipes.recipe import Recipe

_LEAST = -(2**63)
"""The number of a seed of 0 among SQLite's integers, so that all seeds of 64 bits are in order."""

_OTHERS = "FROM picture WHERE batch = :batch AND day = :day AND number IS NOT NULL"


def batch_of(recipe: Recipe) -> str:
    """Returns the name of the request that a picture was made for, "" where none is told."""
    return recipe.batch or grid_of(recipe.run)


def number_of(recipe: Recipe) -> int | None:
    """Returns the place among the pictures of one request, which only tells more or less; None for others.

    Those that were made of one of these later, such as branches and enlarged ones, have none.
    """
    is_later = recipe.stage != "final" or recipe.enlarged_from is not None or recipe.refined is not None
    is_branch = recipe.parent is not None and bool(recipe.parent.changes)
    request, variation = recipe.request, recipe.request.variation
    if not batch_of(recipe) or is_later or is_branch or "seed" in recipe.untold:
        return None
    if grid_of(recipe.run):
        digits = recipe.run[ID_DIGITS:]
        return (
            int(digits, 16) if all(digit in "0123456789abcdef" for digit in digits) and len(digits) < 9 else None
        )
    seed = variation.seed if variation is not None and variation.strength else request.seed
    return None if seed is None else _LEAST + seed


def put_in_order(connection: sqlite3.Connection, picture: int, values: Mapping[str, object]) -> None:
    """Gives a picture that the index has read its place in time, and other ones of its request theirs.

    ``values`` are those of its row, which has the moment of its making for its place.
    """
    earlier, later = connection.execute(
        f"SELECT (SELECT max(order_ms) {_OTHERS} AND number <= :number AND id != :id), "
        f"(SELECT min(order_ms) {_OTHERS} AND number >= :number AND id != :id)",
        {**values, "id": picture},
    ).fetchone()
    created = values["created_ms"]
    if (earlier is None or earlier < created) and (later is None or created < later):
        return
    found = connection.execute(
        f"SELECT id, created_ms, order_ms {_OTHERS} ORDER BY number, created_ms, id", values
    ).fetchall()
    moment = None
    for (other, _, had), time in zip(found, sorted(time for _, time, _ in found), strict=True):
        moment = time if moment is None else max(time, moment + 1)
        if moment != had:
            connection.execute("UPDATE picture SET order_ms = ? WHERE id = ?", (moment, other))
