"""The pictures that a command asks for, and each of them before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import MemoryInUse, Placement
from core.pictures.picture import GeneratedImage
from core.prompt.encodings import Encodings
from core.request.request import GenerationRequest
from core.runs.recorder import FilmRecorder


@dataclass(frozen=True, slots=True)
class Job:
    """The command line, read and found good.

    Attributes:
        save: writes a picture where it was asked for, and returns its path.
        films: where films lie until their picture is saved, None for not keeping them.
        must_film: films were asked for by name: without one the command has failed.
        cluster: the address of a cluster that makes the pictures, None for this process.
        notes: sentences about what of the prompts is not read as it was meant.
    """

    request: GenerationRequest
    catalogue: Catalogue
    device: str | None
    dtype: str | None
    acceleration: Acceleration
    memory: Placement | None
    tiled_decode: bool
    encodings: Encodings | None
    is_json: bool
    save: Callable[[GeneratedImage], Path]
    films: Path | None
    must_film: bool
    cluster: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A picture before it is saved.

    Attributes:
        recorder: has its film. memory: in use where it was made, None where that is not told.
        place: the engine and the computer that made it, "" for this process.
    """

    image: GeneratedImage
    recorder: FilmRecorder
    memory: MemoryInUse | None = None
    place: str = ""
