"""Many engines at once, each drained by a thread of its own: one stream of all that happens in them.

An engine makes one picture at a time and is asked for its next event when there is room for it, so that nothing
queues up. Leaving the stream ends all engines.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event as Flag
from threading import Thread
from typing import Protocol

from core.cluster.dispatch import Dispatch, Job
from core.errors import DeviceLost, EngineEnded, WireBroken
from core.runs.events import Event, ImageReady
from core.runs.operations import Engine

log = logging.getLogger(__name__)

MOST_STARTS = 5
"""An engine whose process has ended so often in a row while it began is given up."""

_LOOK_AGAIN_S = 0.2
_LOST = (EngineEnded, WireBroken, DeviceLost)


class Place(Protocol):
    """A place for an engine, with a name that no other one has."""

    @property
    def name(self) -> str: ...

    def connect(self) -> Engine:
        """Returns a new engine; waits until there can be one. Raises EngineEnded where it is gone meanwhile."""
        ...

    def abandon(self) -> None:
        """Ends the engine, from any thread; all that waits for it raises EngineEnded soon."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """An engine is ready in a place."""

    place: str


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """An event of a job."""

    place: str
    job: Job
    event: Event


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A job has no more events."""

    place: str


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """An engine is gone; another one is waited for in its place, and its job is made again."""

    place: str
    error: Exception


@dataclass(frozen=True, slots=True, eq=False)
class Refused:
    """A job has failed in a place; others try it."""

    place: str
    error: Exception


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """There can be no engine in a place."""

    place: str
    error: Exception


News = Joined | Happened | Finished | Lost | Refused | Left


def pictures(places: Sequence[Place], jobs: Sequence[Job]) -> Generator[News]:
    """Makes all pictures, and yields what happens; the last event of a job that counts is its `ImageReady`.

    Raises the error of a job that no place can make, or of the last place where there is none left.
    """
    dispatch = Dispatch(jobs, [place.name for place in places])
    news: Queue[News] = Queue(len(places))
    workers = {place.name: _Worker(place, news) for place in places}
    try:
        for worker in workers.values():
            worker.start()
        while dispatch.unmade:
            yield from _told(dispatch, one := _next(news), workers)
            del one  # its arrays
    finally:
        for place in places:
            place.abandon()
        for worker in workers.values():
            worker.end()


def _told(dispatch: Dispatch, one: News, workers: Mapping[str, _Worker]) -> Generator[News]:
    match one:
        case Joined(place):
            dispatch.join(place)
        case Happened(place, _, ImageReady()) if not dispatch.made(place):
            return
        case Happened():
            pass
        case Finished(place):
            dispatch.finish(place)
        case Lost(place, error):
            yield one
            dispatch.lose(place, error)
        case Refused(place, error):
            yield one
            dispatch.refuse(place, error)
        case Left(place, error):
            yield one
            dispatch.leave(place, error)
    while (taken := dispatch.take()) is not None:
        place, job = taken
        workers[place].jobs.put(job)
    if isinstance(one, Joined | Happened):
        yield one


def _next(news: Queue[News]) -> News:
    while True:  # Ctrl+C interrupts no endless waiting on Windows
        try:
            return news.get(timeout=_LOOK_AGAIN_S)
        except Empty:
            continue


class _Worker(Thread):
    """Drains the engine of a place."""

    def __init__(self, place: Place, news: Queue[News]) -> None:
        super().__init__(name=place.name, daemon=True)
        self.jobs: Queue[Job | None] = Queue()
        self._place, self._news = place, news
        self._is_over = Flag()

    def end(self) -> None:
        """Waits for the end of the thread; its place has been abandoned."""
        self._is_over.set()
        self.jobs.put(None)
        self.join()

    def run(self) -> None:
        name, starts = self._place.name, 0
        while not self._is_over.is_set():
            try:
                engine = self._place.connect()
            except Exception as error:  # noqa: BLE001 whatever a library raises there is told to whoever asks
                starts += 1
                if isinstance(error, EngineEnded) and starts < MOST_STARTS:
                    log.info("%s: %s", name, error)
                    self._is_over.wait(_LOOK_AGAIN_S)
                    continue
                self._tell(Left(name, error))
                return
            starts = 0
            with closing(engine):
                self._tell(Joined(name))
                try:
                    self._serve(engine)
                except _LOST as error:
                    self._tell(Lost(name, error))

    def _serve(self, engine: Engine) -> None:
        name = self._place.name
        while not self._is_over.is_set() and (job := self.jobs.get()) is not None:
            try:
                with closing(engine.run(job.operation)) as events:
                    for event in events:
                        if not self._tell(Happened(name, job, event)):
                            return
            except _LOST:
                raise
            except Exception as error:  # noqa: BLE001 as above
                self._tell(Refused(name, error))
            else:
                self._tell(Finished(name))

    def _tell(self, one: News) -> bool:
        """Waits for room; returns False where nobody listens any more."""
        while not self._is_over.is_set():
            try:
                self._news.put(one, timeout=_LOOK_AGAIN_S)
            except Full:
                continue
            return True
        return False
