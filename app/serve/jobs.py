"""The queue of the door: one engine in a thread of its own makes the pictures of one request after the other."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from app.messages.errors import message
from app.messages.notices import notice_of
from app.serve.refusal import Refusal
from core.errors import EmulsionError
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, PreviewMode, Stepped
from core.runs.operations import Engine, Generate, RenderFrame
from core.runs.recorder import FilmRecorder

log = logging.getLogger(__name__)

MOST_WAITING = 16
_ENDS_WITHIN_S = 30.0
"""The step in progress is given so long when the program ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A preview of a picture; ``number`` counts those of one picture, from 0."""

    pixels: Pixels
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A picture, finished or, where it was cut off, as far as it came."""

    image: GeneratedImage
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Noted:
    """A sentence about the run for people."""

    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """Nothing more comes; ``error`` is why the run failed, None if it did not."""

    error: Exception | None = None


Told = Partial | Made | Noted


@dataclass(slots=True, eq=False)
class Job:
    """The pictures of one request.

    Attributes:
        requests: one for each picture.
        tell: is called in the thread of the engine.
        partials: how many previews of each picture are told, evenly over its steps.
        has_left: nobody waits for it any more. is_interrupted: no further picture is begun. is_skipped: the one
            in progress ends where it is. Set in any thread.
        number: which picture is in progress, from 0.
        stepped: its last step.
        began: when the first picture did, by `time.monotonic`.
    """

    requests: tuple[GenerationRequest, ...]
    tell: Callable[[Told | Ended], object]
    partials: int = 0
    has_left: bool = False
    is_interrupted: bool = False
    is_skipped: bool = False
    number: int = 0
    stepped: Stepped | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def is_cut(self) -> bool:
        return self.is_interrupted or self.is_skipped


class Jobs:
    """Carries out jobs in their order.

    Attributes:
        current: the job in progress.
    """

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        save: Callable[[GeneratedImage], Path] | None = None,
        films: Path | None = None,
    ) -> None:
        """Calls ``make_engine`` in the thread, at the first job; ``save`` and ``films`` are None to keep none."""
        self.current: Job | None = None
        self._make_engine = make_engine
        self._save = save
        self._recorder = FilmRecorder(lambda: films)
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="engine of the HTTP door", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def follow(self, requests: tuple[GenerationRequest, ...], partials: int = 0) -> AsyncGenerator[Told]:
        """Yields all that is told of a new job, which ends when the generator is closed.

        Raises Refusal where too many are waiting, and what the engine raises.
        """
        loop, told = asyncio.get_running_loop(), asyncio.Queue[Told | Ended]()
        job = Job(requests, lambda one: loop.call_soon_threadsafe(told.put_nowait, one), partials)
        with self._changed:
            if self._is_closed:
                raise Refusal(503, tr("The program is closing."))
            if len(self._waiting) >= MOST_WAITING:
                raise Refusal(429, tr("{count} requests are waiting already; try it later.", count=MOST_WAITING))
            self._waiting.append(job)
            self._changed.notify()
        try:
            while not isinstance(one := await told.get(), Ended):
                yield one
            if one.error is not None:
                raise one.error
        finally:
            self._leave(job)

    def interrupt(self) -> None:
        """Ends the job in progress after its next step."""
        if (job := self.current) is not None:
            job.is_interrupted = True

    def skip(self) -> None:
        """Ends the picture in progress after its next step."""
        if (job := self.current) is not None:
            job.is_skipped = True

    def close(self) -> None:
        """Ends all jobs, and waits for the step in progress for a while."""
        with self._changed:
            self._is_closed = True
            jobs = [*self._waiting, *filter(None, (self.current,))]
            self._changed.notify()
        for job in jobs:
            if not job.has_left:
                job.tell(Ended(Refusal(503, tr("The program is closing."))))
            self._leave(job)
        self._thread.join(_ENDS_WITHIN_S)

    def _leave(self, job: Job) -> None:
        job.has_left = True
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            self.current = None if self._is_closed else self._waiting.popleft()
            return self.current

    def _work(self) -> None:
        engine: Engine | None = None
        while (job := self._next()) is not None:
            error: Exception | None = None
            try:
                engine = engine or self._make_engine()
                self._carry_out(engine, job)
            except Exception as failure:  # noqa: BLE001 - the client is told, and the next job goes on
                error = failure
            self.current = None
            if not job.has_left:
                job.tell(Ended(error))
        if engine is not None:
            engine.close()

    def _carry_out(self, engine: Engine, job: Job) -> None:
        batch, job.began = secrets.token_hex(16) if len(job.requests) > 1 else "", time.monotonic()
        for number, request in enumerate(job.requests):
            job.number, job.is_skipped, job.stepped = number, False, None
            self._make(engine, job, Generate(request, PreviewMode.automatic, batch=batch))
            if job.has_left or job.is_interrupted:
                return

    def _make(self, engine: Engine, job: Job, operation: Generate) -> None:
        """Makes a picture, and tells it; one that is cut off is told as the network saw it in its last step."""
        partials, is_made = 0, False
        with closing(self._recorder.record(engine.run(operation))) as events:
            for event in events:
                if (notice := notice_of(event)) is not None:
                    job.tell(Noted(f"{notice.title}: {notice}"))
                match event:
                    case Stepped(film, preview):
                        job.stepped = event
                        done, steps = event.frame.step + 1 - film.skipped_steps, _steps_of(job)
                        if partials < job.partials and done * (job.partials + 1) >= steps * (partials + 1):
                            job.tell(Partial(preview.pixels, partials))
                            partials += 1
                    case ImageReady(image):
                        self._keep(job, image)
                        job.tell(Made(image))
                        is_made = True
                    case _:
                        pass
                if job.has_left or (job.is_cut and not is_made):
                    break
        if is_made or job.has_left or (stepped := job.stepped) is None:
            return
        for event in engine.run(RenderFrame(stepped.film, stepped.frame, "denoised")):
            if isinstance(event, ImageReady):
                job.tell(Made(event.image, is_whole=False))

    def _keep(self, job: Job, image: GeneratedImage) -> None:
        """Saves a picture and its film; the client gets it all the same if that fails."""
        if self._save is None:
            return
        try:
            path = self._save(image)
            self._recorder.put_beside(image.recipe.run, path)
        except EmulsionError as problem:
            log.warning("a picture is not kept: %s", problem)
            job.tell(Noted(str(message(problem))))


def _steps_of(job: Job) -> int:
    """Returns the steps that the picture in progress makes."""
    if (stepped := job.stepped) is None:
        return job.requests[job.number].all_steps
    return stepped.film.request.all_steps - stepped.film.skipped_steps


def progress_of(job: Job) -> tuple[float, int, int]:
    """Returns how much of a job is done, from 0 to 1, and step and steps of the picture in progress."""
    steps, stepped = _steps_of(job), job.stepped
    step = 0 if stepped is None else stepped.frame.step + 1 - stepped.film.skipped_steps
    return (job.number + min(step / max(steps, 1), 1.0)) / len(job.requests), step, steps
