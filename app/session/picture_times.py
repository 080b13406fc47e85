"""The time that pictures take, learned from those that were made, and the time that the queue will take."""

import time
from collections.abc import Callable, Iterable

from core.film.film import Film
from core.request.request import GenerationRequest
from core.runs.events import Event, ImageReady, Started, Stepped
from core.runs.queued import QueuedRun

Key = tuple[str, int, str, bool]


class PictureTimes:
    """Measures from the first step of a picture to its end, for each model, size, sampler and guidance.

    The first picture of a kind is told of by the steps that it has made so far.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._film: Film | None = None
        self._is_first = False
        self._step_seconds: dict[Key, float] = {}

    def follow(self, event: Event) -> None:
        if isinstance(event, Started):
            self._began, self._film = self._clock(), event.film
            self._is_first = _key(event.film.request) not in self._step_seconds
        elif isinstance(event, Stepped | ImageReady) and self._began is not None and self._film is not None:
            key, is_whole = _key(event.film.request), isinstance(event, ImageReady)
            made = (len(event.film.frames) - len(self._film.frames)) / max(event.film.schedule.calls, 1)
            if made > 0 and (is_whole or self._is_first):
                self._step_seconds[key] = (self._clock() - self._began) / (made * event.film.request.steps)
            self._began = None if is_whole else self._began

    def rest(self) -> None:
        """The picture in progress is paused, or has ended early: its time says nothing."""
        self._began = None

    def of_picture(self, request: GenerationRequest) -> float | None:
        """Returns the seconds for one picture, None for a model that has not made one yet."""
        key = _key(request)
        seconds = self._step_seconds.get(key)
        if seconds is None:
            like = next((known for known in reversed(self._step_seconds) if known[0] == key[0]), None)
            seconds = self._step_seconds[like] * key[1] / like[1] if like is not None else None
        return None if seconds is None else seconds * request.steps

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


def _key(request: GenerationRequest) -> Key:
    return request.model, request.size.width * request.size.height, request.sampler, request.has_guidance
