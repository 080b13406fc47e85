"""Decides which engine makes which picture: a model stays where it is loaded, and each picture is made once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.runs.operations import Operation

MOST_LOSSES = 5
"""A picture that so many engines were lost with is not given to another one."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One picture.

    Attributes:
        number: different for each job. model: its key.
    """

    number: int
    model: str
    operation: Operation[Any]


class Dispatch:
    """Gives jobs to places, each of which makes one at a time. A place is known by its name.

    A picture goes to a free place that has its model, else to the one that was not used for longest, which takes
    the model with the most waiting pictures for each place that has it.
    """

    def __init__(self, jobs: Iterable[Job], places: Iterable[str]) -> None:
        """``places`` are all that may come."""
        self._waiting = list(jobs)
        self._unmade = {job.number for job in self._waiting}
        self._places = set(places)
        self._free: list[str] = []
        self._running: dict[str, Job] = {}
        self._loaded: dict[str, str] = {}
        self._refused: set[tuple[str, str]] = set()
        self._losses: Counter[int] = Counter()

    @property
    def unmade(self) -> int:
        """Returns how many pictures are not there yet."""
        return len(self._unmade)

    def join(self, place: str) -> None:
        """A place has an engine now, without a model."""
        self._loaded[place] = ""
        self._free.append(place)

    def take(self) -> tuple[str, Job] | None:
        """Returns the next job with the place that it is for, None where no place can begin one now."""
        if not self._free:  # as at most events, of which there are many
            return None
        counts = Counter(job.model for job in self._waiting)
        for place in self._free:
            if counts[self._loaded[place]] and (place, self._loaded[place]) not in self._refused:
                return self._begun(place, self._loaded[place])
        for place in self._free:
            shares = {model: counts[model] / (1 + self._holders(model)) for model in counts}
            models = [model for model in counts if self._takes(place, model)]
            if models:
                return self._begun(place, max(models, key=shares.__getitem__))
        return None

    def made(self, place: str) -> bool:
        """A place has sent its picture. Returns False for one that was there already."""
        number = self._running[place].number
        is_new = number in self._unmade
        self._unmade.discard(number)
        return is_new

    def finish(self, place: str) -> None:
        """A place is free again."""
        del self._running[place]
        self._free.append(place)

    def lose(self, place: str, error: Exception) -> None:
        """The engine of a place is gone; its job waits again. Raises the error for one that too many had."""
        self._forget(place)
        self._refused = {pair for pair in self._refused if pair[0] != place}  # the next may be on another computer
        job = self._running.pop(place, None)
        if job is not None and job.number in self._unmade:
            self._losses[job.number] += 1
            if self._losses[job.number] >= MOST_LOSSES:
                raise error
            self._waiting.insert(0, job)

    def refuse(self, place: str, error: Exception) -> None:
        """A job has failed in a place, which gets none of its model any more. Raises the error in the last one."""
        job = self._running[place]
        self.finish(place)
        if job.number in self._unmade:
            self._refused.add((place, job.model))
            self._waiting.insert(0, job)
            self._check(error)

    def leave(self, place: str, error: Exception) -> None:
        """A place will have no engine any more. Raises the error if a job is left for which there is no place."""
        self._forget(place)
        self._places.discard(place)
        self._check(error)

    def _check(self, error: Exception) -> None:
        for job in self._waiting:
            if not any(self._takes(place, job.model) for place in self._places):
                raise error

    def _takes(self, place: str, model: str) -> bool:
        return (place, model) not in self._refused

    def _holders(self, model: str) -> int:
        return sum(held == model for held in self._loaded.values())

    def _begun(self, place: str, model: str) -> tuple[str, Job]:
        job = next(job for job in self._waiting if job.model == model)
        self._waiting.remove(job)
        self._free.remove(place)
        self._loaded[place] = model
        self._running[place] = job
        return place, job

    def _forget(self, place: str) -> None:
        self._loaded.pop(place, None)
        if place in self._free:
            self._free.remove(place)
