"""Queries of the library and their results; frozen values for the window and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.request.request import Size


class Sort(Enum):
    """The order of pictures; those that are equal come newest first."""

    newest = auto()
    oldest = auto()
    rating = auto()
    largest = auto()
    file_name = auto()


class Group(Enum):
    """The groups of pictures, each with a title; the order of `Sort` holds inside each."""

    nothing = auto()
    day = auto()
    model = auto()
    collection = auto()


@dataclass(frozen=True, slots=True)
class Query:
    """The wanted pictures and their order. Without arguments: all, the newest first.

    Attributes:
        text: words in the prompts, note, tags or file name: each as the beginning of a word, ``"a phrase"``,
            ``-without``.
        facets: settings, each with a value as `Finder.facets` gives it: of one setting any of the values,
            and of each setting that is named here.
        since, until: days in local time, both included.
        smallest_rating: 0 to 5.
        is_favourite, has_film, is_unreadable: None: does not matter.
        tags: all of these.
        folder: pictures in it and below.
        stacks: pictures of one request and of one branch tree stand together, see `Answer.heads`.
        like: pictures that look as the one with this colour layout does, the most alike first, in any order.
    """

    text: str = ""
    facets: frozenset[tuple[str, str]] = frozenset()
    since: date | None = None
    until: date | None = None
    smallest_rating: int = 0
    is_favourite: bool | None = None
    has_film: bool | None = None
    is_unreadable: bool | None = None
    seed: int | None = None
    collection: str | None = None
    tags: tuple[str, ...] = ()
    folder: Path | None = None
    like: bytes | None = None
    sort: Sort = Sort.newest
    group: Group = Group.nothing
    stacks: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One group of an answer.

    Attributes:
        title: a day as ``2026-11-21``, or the name of a model or collection; "" for pictures without one.
        start: place of its first picture in `Answer.ids`.
        pictures: how many there are where ``count`` is that of rows, in which stacks may be closed; else None.
    """

    title: str
    start: int
    count: int
    pictures: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """All pictures that a query finds.

    Attributes:
        ids: int64 (count,), in order; grouped by collection, a picture stands in each of its collections.
        sections: the groups in order, () when nothing groups them.
        heads: int64 (count,), rising: equal for pictures of one stack, the first of which is its cover; None
            where stacks were not asked for.
    """

    ids: NDArray[np.int64]
    sections: tuple[Section, ...] = ()
    heads: NDArray[np.int64] | None = None

    @property
    def count(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class LibraryPicture:
    """A picture in the index. Text in it comes from outside: show it as plain text.

    Attributes:
        id: in the index; another one after a rebuild.
        folder: the library folder that it lies in.
        created: local time.
        seed: None where the picture does not tell; ``steps`` 0 then.
        program: what made it.
        run, parent_run: as in `core.recipes.recipe.Recipe`; "" for none.
        is_branch: something was changed when it left ``parent_run``.
        kept_step: the step that a kept one shows, 0 for finished pictures.
        is_sheet: it has the pictures of a grid side by side.
        enlarged: by how much an upscaler made it larger, in width and height; 0 for not.
        stamp: changes when the file does: a key for thumbnails.
        is_away: its folder is not there now (an unplugged drive).
        problem: why the file cannot be read as a picture, or "".
    """

    id: int
    path: Path
    folder: Path
    size: Size
    size_bytes: int
    created: datetime
    prompt: str
    negative_prompt: str
    steps: int
    seed: int | None
    program: str
    run: str
    parent_run: str
    is_branch: bool
    kept_step: int
    is_sheet: bool
    enlarged: float
    rating: int
    is_favourite: bool
    note: str
    has_film: bool
    stamp: int
    is_away: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A value that pictures have, and how many have it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The values for filters, each list with the most frequent first; days None in an empty library.

    Attributes:
        settings: values of each setting that the gallery filters by, under its name.
    """

    settings: Mapping[str, tuple[Facet, ...]]
    tags: tuple[Facet, ...]
    collections: tuple[Facet, ...]
    first_day: date | None
    last_day: date | None
