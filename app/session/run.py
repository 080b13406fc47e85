"""The messages about a run between the session and the worker."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Protocol

from app.messages.errors import Message
from core.film.attention_maps import AttentionRecord
from core.film.film import Film, Frame, Latent, Schedule
from core.film.reader import Recording
from core.models.memory_plan import MemoryInUse
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import Stage
from core.request.request import GenerationRequest
from core.runs.branch import Branch
from core.runs.events import Event, PreviewMode
from core.runs.round_trip import OneStep, RoundTrip


class Engine(Protocol):
    """The engine as the worker sees it; `core.engine.engine.Engine` is imported in the worker's thread only."""

    def generate(
        self, request: GenerationRequest, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]: ...

    def branch(
        self, branch: Branch, previews: PreviewMode = PreviewMode.automatic, attention: bool = False
    ) -> Generator[Event, None, None]: ...

    def replay(self, recording: Recording) -> Film: ...

    def decode(self, film: Film, latent: Latent) -> Pixels: ...

    def round_trip(self, request: GenerationRequest) -> RoundTrip: ...

    def one_step(self, request: GenerationRequest, trip: RoundTrip, noisy: Latent, t: int) -> OneStep: ...

    def other_schedules(self, film: Film) -> Mapping[str, Schedule]: ...

    def keep(self, film: Film, frame: Frame, stage: Stage) -> GeneratedImage: ...

    def memory_in_use(self) -> MemoryInUse: ...

    def close(self) -> None: ...


SavePicture = Callable[[GeneratedImage, Film, Path | None], Path]
"""Writes a picture into the folder, None for the usual one; returns the file. Raises SaveFailed."""


class RunState(Enum):
    """The worker's state in the user's view; ``stopping`` from the click until the run has ended."""

    idle = auto()
    running = auto()
    paused = auto()
    stopping = auto()


class Ending(Enum):
    """The way a run ended; ``held``: it waits at the requested step, to be continued or dropped."""

    finished = auto()
    held = auto()
    cancelled = auto()
    failed = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """A request, or a branch of an earlier run, and how to carry it out.

    A paused one waits before its first event; ``attention`` records where the words act, which costs time.
    With ``hold_after`` it ends after so many steps.
    """

    request: GenerationRequest
    previews: PreviewMode
    is_paused: bool = False
    branch: Branch | None = None
    attention: bool = False
    hold_after: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EngineTask:
    """One piece of work, seconds at most, since a run waits for it.

    Attributes:
        kind: a newer task of the same kind replaces one that has not begun.
        work: what to do; runs in the worker's thread and must not touch widgets.
    """

    kind: str
    work: Callable[[Engine], Any]


@dataclass(frozen=True, slots=True, eq=False)
class FrameRequest:
    """A frame of a film that somebody looks at, and as what: x0 unless it is to be kept as ``noisy``."""

    film: Film
    frame: Frame
    stage: Stage = "denoised"


@dataclass(frozen=True, slots=True, eq=False)
class OpenedFilm:
    """A film from the disk with all its frames; ``path`` is its file.

    Attributes:
        attention: where its words acted, None when that was not recorded.
    """

    path: Path
    film: Film
    attention: AttentionRecord | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DecodedFrame:
    """The frame as the full autoencoder shows it."""

    frame: Frame
    pixels: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class SavedPicture:
    """A picture that is safe on the disk."""

    path: Path
    image: GeneratedImage


@dataclass(frozen=True, slots=True, eq=False)
class UnsavedPicture:
    """A picture that could not be written, and why; it lives in memory only."""

    image: GeneratedImage
    film: Film
    message: Message
