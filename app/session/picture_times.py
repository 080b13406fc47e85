"""The time that pictures take, learned from those that were made, and the time that the queue will take."""

import time
from collections.abc import Callable, Iterable

from core.film.film import Film
from core.request.request import GenerationRequest
from core.runs.events import Event, ImageReady, Started, Stepped
from core.runs.queued import QueuedRun
from core.runs.speed import Speed


class PictureTimes:
    """Measures from the first step of a picture to its end; the first of a kind tells by the steps made so far.

    Attributes:
        speed: learned so far.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._film: Film | None = None
        self._is_first = False
        self.speed = Speed()

    def follow(self, event: Event) -> None:
        if isinstance(event, Started):
            self._began, self._film = self._clock(), event.film
            self._is_first = not self.speed.knows(event.film.request)
        elif isinstance(event, Stepped | ImageReady) and self._began is not None and self._film is not None:
            is_whole = isinstance(event, ImageReady)
            made = (len(event.film.frames) - len(self._film.frames)) / max(event.film.schedule.calls, 1)
            if made > 0 and (is_whole or self._is_first):
                self.speed.learn(event.film.request, self._clock() - self._began, made)
            self._began = None if is_whole else self._began

    def rest(self) -> None:
        """The picture in progress is paused, or has ended early: its time says nothing."""
        self._began = None

    def of_picture(self, request: GenerationRequest) -> float | None:
        """Returns the seconds for one picture, None for a model that has not made one yet."""
        return self.speed.of_picture(request)

    def of_queue(self, runs: Iterable[QueuedRun], running_id: int | None) -> float | None:
        """Returns the seconds until all is done that needs no word of the user; None if nobody knows."""
        total = 0.0
        for run in runs:
            request, is_running = run.operation.made, run.id == running_id
            seconds = self.of_picture(request) if request is not None else None
            if run.is_on_hold and not is_running:
                continue
            if seconds is None:
                return None
            spent = self._clock() - self._began if self._began is not None else 0.0
            total += seconds * (0 if run.is_on_hold else run.left)
            total += max(seconds - spent, 0.0) if is_running else 0.0
        return total
