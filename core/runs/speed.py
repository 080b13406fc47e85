"""The time that pictures take, learned from those that were made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from core.errors import UnreadablePicture
from core.pictures.metadata import SUFFIXES, read_recipe
from core.recipes.recipe import Recipe
from core.request.json_values import plain_name, without_ending
from core.request.request import GenerationRequest

Key = tuple[str, int, str, bool]
MOST_READ, MOST_DAYS = 60, 10


class Speed:
    """Seconds per step of each model, size, sampler, and guidance or none."""

    def __init__(self) -> None:
        self._step_seconds: dict[Key, float] = {}

    def copy(self) -> Speed:
        """Returns what is known now, to be asked in another thread."""
        copied = Speed()
        copied._step_seconds = dict(self._step_seconds)
        return copied

    def knows(self, request: GenerationRequest) -> bool:
        """Returns whether a picture of this kind was made."""
        return _key(request) in self._step_seconds

    def learn(self, request: GenerationRequest, seconds: float, part: float = 1.0) -> None:
        """Takes in the seconds of a picture, or of a ``part`` of one."""
        self._step_seconds[_key(request)] = seconds / (part * _steps(request))

    def learn_from(self, recipes: Iterable[Recipe]) -> None:
        """Takes in pictures of earlier, the middle one of each kind, where none is known yet."""
        found: dict[Key, list[float]] = {}
        for recipe in recipes:
            if recipe.stage == "final" and recipe.parent is None and recipe.seconds > 0:
                found.setdefault(_key(recipe.request), []).append(recipe.seconds / _steps(recipe.request))
        self._step_seconds = {key: median(each) for key, each in found.items()} | self._step_seconds

    def of_picture(self, request: GenerationRequest) -> float | None:
        """Returns the seconds for one picture, None for a model that has not made one yet."""
        key = _key(request)
        seconds = self._step_seconds.get(key)
        if seconds is None:
            like = next((known for known in reversed(self._step_seconds) if known[0] == key[0]), None)
            seconds = self._step_seconds[like] * key[1] / like[1] if like is not None else None
        return None if seconds is None else seconds * _steps(request)


def newest_recipes(pictures: Path) -> Iterator[Recipe]:
    """Yields recipes of the newest pictures in a folder, its newest day folders, and the grids in these."""
    try:
        days = [Path(entry.path) for entry in _folders(pictures)[-MOST_DAYS:]]
        grids = [Path(entry.path) for day in days for entry in _folders(day)[-MOST_DAYS:]]
        files = [entry for place in (pictures, *days, *grids) for entry in _entries(place) if _is_picture(entry)]
        newest = sorted(((entry.stat().st_mtime, entry.path) for entry in files), reverse=True)
    except OSError:  # one has just been removed
        return
    for _, path in islice(newest, MOST_READ):
        try:
            yield read_recipe(Path(path))
        except UnreadablePicture:
            continue


def _folders(folder: Path) -> list[os.DirEntry[str]]:
    return sorted((entry for entry in _entries(folder) if entry.is_dir()), key=lambda entry: entry.name)


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and entry.is_file()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []


def _steps(request: GenerationRequest) -> float:
    """Returns the steps that are made: fewer with a source, and more by the pixels of a larger pass."""
    steps = request.steps if request.source is None else request.source.steps_of(request.steps)
    if (hires := request.hires) is not None:
        target, size = hires.target(request.size, step=1), request.size
        more = target.width * target.height / (size.width * size.height)
        return max(steps, 1) + hires.steps_after(request.steps) * more
    return max(steps, 1)


def _key(request: GenerationRequest) -> Key:
    model = without_ending(plain_name(request.model))  # as recipes have it
    return model, request.size.width * request.size.height, request.sampler, request.has_guidance
