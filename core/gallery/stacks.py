"""Stacks: the pictures of one request, and those of one tree of branches, side by side.

Nothing is kept beyond what recipes tell: pictures belong together that share a run, a batch, or the run that one
of them left, and all that are connected by such links. Recipes that name no batch (of older versions, and of other
programs) are of one request where all but the seed is equal, the seeds rise by little, and so do the times.
"""

import sqlite3
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.gallery.query import Answer
from core.gallery.record import UNTOLD

NEXT_SEEDS = 8
"""Seeds of one request are consecutive; some of its pictures may have been deleted."""

NEXT_MS = 30 * 60 * 1000

_SEPARATOR = "\x1f"
_LINKS = (
    "SELECT group_concat(id), group_concat(run, char(31)), group_concat(parent_run, char(31)), "
    "group_concat(batch, char(31)), group_concat(coalesce(seed, 0)), group_concat(created_ms) "
    "FROM (SELECT * FROM picture WHERE run != '' OR batch != '' ORDER BY batch, created_ms, id)"
)
_MERITS = (
    "SELECT id, rating + 6 * is_favourite - (kept_step > 0) + 20 * is_sheet FROM picture "
    "WHERE rating OR is_favourite OR kept_step OR is_sheet"
)

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Stacks:
    """All stacks of a library.

    Attributes:
        of: int64 (largest id + 1,), the stack that each picture is in, 0 for those that stand alone.
        merit: int8 (largest id + 1,); the picture with the most becomes the cover: the sheet of a grid, then a
            favourite, then the highest rating, then finished ones.
    """

    of: Numbers
    merit: NDArray[np.int8]


def stacks_of(connection: sqlite3.Connection) -> Stacks:
    """Finds the stacks of all pictures in the index."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM picture").fetchone()
    of, merit = np.zeros(last + 1, np.int64), np.zeros(last + 1, np.int8)
    if rated := connection.execute(_MERITS).fetchall():
        ids, merits = np.array(rated).T
        merit[ids] = merits
    row = connection.execute(_LINKS).fetchone()
    if row[0] is not None:
        ids, seeds, times = (np.fromstring(row[place], np.int64, sep=",") for place in (0, 4, 5))
        runs, parents, batches = (row[place].split(_SEPARATOR) for place in (1, 2, 3))
        of[ids] = _connected(runs, parents, batches, seeds, times)
    return Stacks(of, merit)


def stacked(answer: Answer, stacks: Stacks, *, by_section: bool) -> Answer:
    """Returns an answer in which the pictures of each stack follow its cover, at the place of the first of them.

    The section of that place has them all, unless each section has stacks of its own (``by_section``).
    """
    places = np.arange(answer.count)
    of = stacks.of[answer.ids]
    starts = np.array([section.start for section in answer.sections], np.int64)
    section_of = np.searchsorted(starts, places, side="right") - 1
    if by_section and answer.sections:
        of[of > 0] += (section_of * len(stacks.of))[of > 0]
    heads = places.copy()
    in_stack = np.flatnonzero(of)
    _, first, label = np.unique(of[in_stack], return_index=True, return_inverse=True)
    heads[in_stack] = in_stack[first][label]
    best = np.lexsort((places, -stacks.merit[answer.ids], heads))
    is_cover = np.zeros(answer.count, bool)
    is_cover[best[np.diff(heads[best], prepend=-1) > 0]] = True
    order = np.lexsort((places, ~is_cover, heads))
    heads = heads[order]
    counts = np.bincount(section_of[heads], minlength=len(starts)) if len(starts) else ()
    ends = np.cumsum(counts)
    sections = tuple(
        replace(section, start=int(end - count), count=int(count))
        for section, end, count in zip(answer.sections, ends, counts, strict=True)
        if count
    )
    return Answer(answer.ids[order], sections, heads)


def _connected(runs: list[str], parents: list[str], batches: list[str], seeds: Numbers, times: Numbers) -> Numbers:
    """Returns a number for each picture, from 1, equal for those that belong together; 0 for one that is alone.

    Pictures come in the order of their batches and times; runs and batches are names, "" for none.
    """
    count = len(runs)
    numbers: dict[str, int] = {}
    links: list[tuple[Numbers, Numbers]] = []
    for names, kind in ((runs, "run "), (parents, "run "), (batches, "batch ")):
        places = [place for place, name in enumerate(names) if name and name[0] != UNTOLD]
        named = [numbers.setdefault(kind + names[place], len(numbers)) for place in places]
        links.append((np.array(places, np.int64), count + np.array(named, np.int64)))
    apart, later = np.diff(seeds), np.diff(times)
    near = np.flatnonzero((apart >= 0) & (apart <= NEXT_SEEDS) & (later <= NEXT_MS)) + 1
    is_next = [batches[place][:1] == UNTOLD and batches[place - 1] == batches[place] for place in near]
    after = near[np.array(is_next, bool)]
    links.append((after, after - 1))
    one, other = (np.concatenate(ends) for ends in zip(*links, strict=True))
    labels = _components(count + len(numbers), one, other)[:count]
    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return np.where(sizes[label] > 1, label + 1, 0)


def _components(count: int, one: Numbers, other: Numbers) -> Numbers:
    """Returns a label for each node, equal for all that links connect.

    By hooking roots and halving paths, as Shiloach and Vishkin 1982, so that long chains take few rounds.
    """
    labels = np.arange(count)
    while True:
        lowest = np.minimum(labels[one], labels[other])
        hooked = labels.copy()
        for ends in (one, other):
            np.minimum.at(hooked, labels[ends], lowest)
        while not np.array_equal(hooked, shorter := hooked[hooked]):
            hooked = shorter
        if np.array_equal(hooked, labels):
            return labels
        labels = hooked
