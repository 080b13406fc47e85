"""The values that the session and the worker exchange about operations."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Any

from app.messages.errors import Message
from core.film.attention_maps import AttentionRecord
from core.film.film import Film
from core.grid.operation import MakeGrid
from core.pictures.picture import GeneratedImage
from core.runs.events import PreviewMode
from core.runs.operations import Generate, GenerateBranch, Operation, RenderFrame, Resume

SavePicture = Callable[[GeneratedImage, Film | None, Path | None], Path]
"""Writes a picture into the folder, None for the usual one; returns the file. Raises SaveFailed.

The film is None for a picture that was only enlarged.
"""


class RunState(Enum):
    """The worker's state in the user's view; ``stopping`` from the click until the run has ended."""

    idle = auto()
    running = auto()
    paused = auto()
    stopping = auto()


class WorkerState(Enum):
    """The state of the worker itself; ``stepping`` runs to the end of the next step and pauses there."""

    idle = auto()
    running = auto()
    stepping = auto()
    paused = auto()


class Ending(Enum):
    """The way a run ended.

    ``held``: it waits at the requested step, to be continued or dropped. ``lost``: its engine has gone away, and
    another one goes on with it.
    """

    finished = auto()
    held = auto()
    cancelled = auto()
    failed = auto()
    lost = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """An operation that has its turn in the queue.

    A paused one waits before its first event. With ``hold_after`` it ends once so many percent
    of x_t are picture, at the latest one step before the last.

    Attributes:
        id: of its request in the queue. number: of its picture there, from 0, of ``count``.
    """

    operation: Operation[Any]
    is_paused: bool = False
    hold_after: int | None = None
    id: int = 0
    number: int = 0
    count: int = 1


def as_set(
    operation: Operation[Any],
    previews: PreviewMode,
    films: Path | None,
    attended: Callable[[Film], AttentionRecord | None],
    *,
    attention: bool,
    is_shared: bool,
) -> Operation[Any]:
    """Returns the operation with the previews and the attention that are wanted now.

    ``is_shared``: several engines make pictures of one grid.
    """
    if isinstance(operation, GenerateBranch):
        operation = replace(operation, attended=attended(operation.branch.film))
    if isinstance(operation, MakeGrid):
        operation = replace(operation, films=films, is_shared=is_shared)
    if isinstance(operation, Generate | GenerateBranch | Resume | MakeGrid):
        operation = replace(operation, previews=previews, attention=attention)
    return operation


@dataclass(frozen=True, slots=True, eq=False)
class EngineTask:
    """An operation that is served between two events of the run.

    ``kind``: a newer task of the same kind takes its place.
    """

    kind: str
    operation: Operation[Any]


@dataclass(frozen=True, slots=True, eq=False)
class SavedPicture:
    """A picture that is safe on the disk."""

    path: Path
    image: GeneratedImage


@dataclass(frozen=True, slots=True, eq=False)
class UnsavedPicture:
    """A picture that could not be written, and why; it lives in memory only. ``film`` as in `SavePicture`."""

    image: GeneratedImage
    film: Film | None
    message: Message


@dataclass(frozen=True, slots=True, eq=False)
class SaveAgain(Operation[None]):
    """Writes an unsaved picture into another folder. The worker does this alone, without the engine."""

    picture: UnsavedPicture
    folder: Path


SAVING = (SaveAgain, RenderFrame)
"""Tasks that end with a picture on the disk, which closing the window waits for."""
