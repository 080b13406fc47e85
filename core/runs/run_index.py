"""Finds the saved pictures of a run, as far as the files of the pictures folder tell.

Reads each picture's recipe once, and again when the file has changed; keeps only names, however many there are.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnreadablePicture
from core.files.atomic import words_of
from core.pictures.metadata import SUFFIXES, read_recipe
from core.recipes.recipe import Recipe
from core.runs.branch_tree import RecipeAt, family

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """A picture file when it was read; ``run`` is "" without a recipe that tells one."""

    changed_ns: int
    size_bytes: int
    run: str
    parent: str


class RunIndex:
    """Lives in one thread; nothing in it is shared."""

    def __init__(self) -> None:
        self._known: dict[Path, _Known] = {}

    def refresh(self, folder: Path) -> Iterator[None]:
        """Looks at the pictures of a folder and two levels below; yields after each one that it has read."""
        found: dict[Path, _Known] = {}
        for entry in _pictures(folder):
            path = Path(entry.path)
            try:
                status = entry.stat()
            except OSError:
                continue
            known = self._known.get(path)
            if known is None or (known.changed_ns, known.size_bytes) != (status.st_mtime_ns, status.st_size):
                recipe = _recipe(path)
                run = recipe.run if recipe is not None else ""
                parent = recipe.parent.run if recipe is not None and recipe.parent is not None else ""
                known = _Known(status.st_mtime_ns, status.st_size, run, parent)
                self._known[path] = known  # kept also when nobody waits for the rest
                yield
            found[path] = known
        self._known = found

    def relatives(self, run: str) -> Iterator[RecipeAt]:
        """Yields the pictures of all runs that hang together with this one, read again, with their recipes."""
        parents = {known.run: known.parent for known in self._known.values() if known.run and known.parent}
        names = set(family(run, parents))
        for path, known in self._known.items():
            if known.run and known.run in names:
                recipe = _recipe(path)
                if recipe is not None:
                    yield path, recipe


def _pictures(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yields those in the folder, in its day folders, and in the folders of grids below."""
    yield from _entries(folder)
    for day in _entries(folder, is_folder=True):
        yield from _entries(Path(day.path))
        for grid in _entries(Path(day.path), is_folder=True):
            yield from _entries(Path(grid.path))


def _entries(folder: Path, *, is_folder: bool = False) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir() if is_folder else _is_picture(entry):
                    yield entry
    except OSError as error:
        log.info("the folder %s cannot be read: %s", folder, words_of(error))


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and entry.is_file()


def _recipe(path: Path) -> Recipe | None:
    try:
        return read_recipe(path)
    except UnreadablePicture:
        return None
