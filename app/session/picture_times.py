"""The time that pictures take, learned from those that were made, and the time that the queue will take."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.session.run import Run
from core.film.film import Film
from core.request.request import GenerationRequest
from core.runs.events import Event, ImageReady, Started, Stepped
from core.runs.queued import QueuedRun
from core.runs.speed import Speed


@dataclass(frozen=True, slots=True)
class _Begun:
    """A picture in progress: the time of its start, its film then, and whether it is the first of its kind."""

    at: float
    film: Film
    is_first: bool


class PictureTimes:
    """Measures from the first step of a picture to its end; the first of a kind tells by the steps made so far.

    Attributes:
        speed: learned so far.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: dict[int, _Begun] = {}
        self.speed = Speed()

    def follow(self, event: Event, worker: int = 1) -> None:
        """Takes in an event of the run of a worker."""
        if isinstance(event, Started):
            self._begun[worker] = _Begun(self._clock(), event.film, not self.speed.knows(event.film.request))
        elif isinstance(event, Stepped | ImageReady) and (begun := self._begun.get(worker)) is not None:
            is_whole = isinstance(event, ImageReady)
            made = (len(event.film.frames) - len(begun.film.frames)) / max(event.film.schedule.calls, 1)
            if made > 0 and (is_whole or begun.is_first):
                self.speed.learn(event.film.request, self._clock() - begun.at, made)
            if is_whole:
                self.rest(worker)

    def rest(self, worker: int = 1) -> None:
        """The picture in progress is paused, or has ended early: its time says nothing."""
        self._begun.pop(worker, None)

    def of_picture(self, request: GenerationRequest) -> float | None:
        """Returns the seconds for one picture, None for a model that has not made one yet."""
        return self.speed.of_picture(request)

    def of_queue(self, runs: Iterable[QueuedRun], running: Sequence[Run], workers: int = 1) -> float | None:
        """Returns the seconds until all is done that needs no word of the user; None if nobody knows.

        ``running`` are the runs of the queue that are under way, and ``workers`` share what comes after them.
        """
        waiting = begun = 0.0
        for run in runs:
            in_progress = sum(other.id == run.id for other in running)
            request, left = run.operation.made, 0 if run.is_on_hold else run.left
            if not left and not in_progress:
                continue
            seconds = self.of_picture(request) if request is not None else None
            if seconds is None:
                return None
            waiting += seconds * left
            begun += seconds * in_progress
        spent = sum(self._clock() - picture.at for picture in self._begun.values())
        return (waiting + max(begun - spent, 0.0)) / workers
