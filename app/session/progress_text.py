"""The progress of a run in words and figures, for the line under the canvas."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType

from app.session.run import Ending, RunState
from core.film.film import Film
from core.language.words import in_sentence, number_text, tr
from core.runs.events import Advanced, ImageReady, Phase, Started, Stepped

PHASE_WORDS: Mapping[Phase, str] = MappingProxyType(
    {
        Phase.importing: tr("Importing the engine"),
        Phase.loading_model: tr("Loading the model"),
        Phase.reading_prompt: tr("Reading the prompt"),
        Phase.decoding: tr("Decoding the picture"),
        Phase.enlarging: tr("Enlarging the picture"),
        Phase.refining: tr("Refining the picture"),
    }
)
AVERAGED_CALLS = 10

Happened = RunState | Phase | Started | Stepped | Advanced | ImageReady | Ending | None
"""None: a phase is over."""


class Progress:
    """Follows one run; ask `words`, `figures` and `fraction` after each event.

    Attributes:
        fraction: of the picture in progress, 0 to 1; None while nobody can tell.
        queue_seconds: until all pictures are made; None when nobody knows, or when this one is the last.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.fraction: float | None = 0.0
        self._state = RunState.idle
        self._phase: Phase | None = None
        self._last_phase: Phase | None = None
        self._film: Film | None = None
        self._work: Sequence[float] = (0.0,)
        self._index, self._count = 0, 1
        self._calls_done = 0
        self._advanced: Advanced | None = None
        self._last_seconds: deque[float] = deque(maxlen=AVERAGED_CALLS)
        self._outcome = tr("Ready")
        self.queue_seconds: float | None = None
        self._clock = clock
        self._began: float | None = None
        self._spent = 0.0
        self._finished = 0
        self._last_ending: Ending | None = None

    @property
    def words(self) -> str:
        """Returns one phrase."""
        match self._state:
            case RunState.idle:
                return self._outcome
            case RunState.stopping:
                return tr("Stopping after this step") if self._calls_done else tr("Stopping")
            case RunState.paused:
                return (
                    tr("Paused at {place}", place=in_sentence(self._place)) if self._calls_done else tr("Paused")
                )
            case RunState.running:
                return self._place

    @property
    def figures(self) -> str:
        """Returns seconds per step and time left; "" while there are none."""
        if self._state is RunState.idle or not self._last_seconds or self._film is None:
            return ""
        schedule = self._film.schedule
        call_seconds = sum(self._last_seconds) / len(self._last_seconds)
        work, last = self._work, max(self._calls_done - 1, 0)
        left = (work[-1] - work[self._calls_done]) / (work[last + 1] - work[last])
        step_seconds = call_seconds * schedule.calls / max(self._film.request.all_steps, 1)
        parts = [tr("{seconds} s/step", seconds=_short(step_seconds))]
        if left:
            parts.append(tr("{duration} left", duration=duration(left * call_seconds)))
        if self.queue_seconds is not None:
            parts.append(tr("queue {duration}", duration=duration(self.queue_seconds)))
        return "  ·  ".join(parts)

    @property
    def _place(self) -> str:
        picture = (
            tr("Picture {index} of {count}  ·  ", index=self._index + 1, count=self._count)
            if self._count > 1
            else ""
        )
        if self._advanced is not None:
            words = tr("{done} of {total}", done=self._advanced.done, total=self._advanced.total)
        elif self._phase is not None:
            words = PHASE_WORDS[self._phase]
        elif self._film is None:
            words = tr("Starting")
        elif self._calls_done == 0:
            words = tr("Step 1 of {steps}", steps=self._film.request.all_steps)
        else:
            done = self._film.schedule.steps[self._calls_done - 1] + 1
            words = tr("Step {done} of {steps}", done=done, steps=self._film.request.all_steps)
        return picture + (in_sentence(words) if picture else words)

    def follow(self, happened: Happened) -> None:
        """Takes in a state, a phase or the end of one, an event of the engine, or the end of the run."""
        match happened:
            case RunState():
                self.fraction = None if self._state is RunState.idle else self.fraction
                self._measure(happened)
                self._state = happened
            case Phase() | None:
                self._phase, self._last_phase = happened, happened or self._last_phase
                if happened is not None and self._film is None:
                    self._advanced = None  # of the phase before: each counts its own
                self.fraction = self.fraction if happened in (None, Phase.decoding, Phase.enlarging) else None
            case Started():
                self._film, self._work = happened.film, _work(happened.film)
                self._index, self._count = happened.index, happened.count
                self._calls_done = 0
                self.fraction = 0.0
            case Stepped(frame=frame):
                self._calls_done = frame.call + 1
                self._last_seconds.append(happened.seconds)
                self._advanced = None  # of enlarging between two passes
                if self._film is not None:
                    self.fraction = self._work[self._calls_done] / self._work[-1]
            case Advanced():
                self._advanced = happened
                self.fraction = happened.done / max(happened.total, 1)
            case ImageReady(image=image):
                self.fraction = 1.0
                self._outcome = tr(
                    "Finished in {duration}  ·  seed {seed}",
                    duration=duration(image.recipe.seconds),
                    seed=image.request.seed,
                )
            case Ending():
                self._end(happened)

    def count_finished(self) -> None:
        """A picture is finished, of this run or of another one at the same time."""
        self._finished += 1

    def _measure(self, state: RunState) -> None:
        """Counts the time in which the engine works, from the first picture of the queue to the last."""
        if self._state is RunState.idle and state is not RunState.idle:
            self._spent, self._finished, self._last_ending = 0.0, 0, None
        if self._began is not None:
            self._spent += self._clock() - self._began
        self._began = self._clock() if state in (RunState.running, RunState.stopping) else None
        if state is RunState.idle and self._finished > 1 and self._last_ending is Ending.finished:
            self._outcome = tr(
                "{finished} pictures in {duration}", finished=self._finished, duration=duration(self._spent)
            )

    def _end(self, ending: Ending) -> None:
        self._last_ending = ending
        match ending:
            case Ending.finished if self._film is None and self._advanced is not None:
                self._outcome = tr("Refined") if self._last_phase is Phase.refining else tr("Enlarged")
            case Ending.finished:
                pass
            case Ending.held:
                self._outcome = self._waits_at
            case Ending.cancelled:
                self._outcome = self.stopped_at or tr("Stopped")
            case Ending.failed:
                self._outcome = tr("Failed")
            case Ending.lost:
                self._outcome = tr("Goes on elsewhere")
        self.fraction = 0.0
        self._film = self._advanced = None
        self._calls_done = 0
        self._index, self._count = 0, 1
        self._last_seconds.clear()

    @property
    def stopped_at(self) -> str:
        """Returns the step at which a run ended early, or "" before the first step."""
        if self._film is None or not self._calls_done:
            return ""
        return tr("Stopped at {where}", where=self._where(self._film))

    @property
    def _waits_at(self) -> str:
        return (
            tr("Paused at {where}. Choose which to finish.", where=self._where(self._film))
            if self._film is not None and self._calls_done
            else ""
        )

    def _where(self, film: Film) -> str:
        done = film.schedule.steps[self._calls_done - 1] + 1
        return tr("step {done} of {steps}", done=done, steps=film.request.all_steps)


def _work(film: Film) -> Sequence[float]:
    """Returns the work before each call and after the last one, in calls of the first pass.

    That of a call of a second pass is about that of its pixels.
    """
    large, small = film.second.size if film.second is not None else film.request.size, film.request.size
    later = large.width * large.height / (small.width * small.height)
    works = (later if film.first_call_at(call) else 1.0 for call in range(film.schedule.calls))
    return tuple(accumulate(works, initial=0.0))


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``1 h 5 min``."""
    if seconds < 9.95:
        return tr("{seconds:.1f} s", seconds=seconds)
    whole = round(seconds)
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    if whole < 3600:
        return tr("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
    return tr("{hours} h {minutes} min", hours=whole // 3600, minutes=whole % 3600 // 60)


def _short(number: float) -> str:
    """Two significant figures below 10, one decimal below 100."""
    if number < 0.1:
        return number_text(number, 3)
    return number_text(number, 2 if number < 10 else 1)
