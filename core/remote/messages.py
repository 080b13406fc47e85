"""The messages between a client and the engine behind the wire: each waits for the answer to its last one.

Both begin with `Hello`. The client asks for an engine (`MakeEngine`, answered by `Ready`), begins an operation
(`Run`) and asks for its events one by one (`Next`, answered by `Told`, `Ended` or `Failed`): pausing is not
asking, and nothing queues up: the engine is one event ahead at most. `Close` stops an operation and is answered by
`Ended`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.models.acceleration import Acceleration
from core.models.folders import FixedPlaces
from core.models.memory_plan import DeviceMemory, Placement
from core.models.model import Model
from core.runs.events import Event
from core.runs.operations import Operation
from core.version import VERSION


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of both ends; they can talk where theirs are equal.

    Attributes:
        table: `core.remote.table.fingerprint`, which differs wherever a value has other fields.
    """

    table: str
    program: str = f"Emulsion {VERSION}"


@dataclass(frozen=True, slots=True)
class MakeEngine:
    """All that an engine is made with.

    Attributes:
        device, dtype, memory, tiled_decode, acceleration: as `core.engine.engine.Engine` takes them.
        cache: the folder with what is known of files, None to keep nothing.
        sources: the folder for copies of pictures that runs work with, None to keep none.
        keeps_encodings: what large text encoders made of prompts is kept in ``cache``.
        shares: among how many engines the threads of the processor are divided.
    """

    device: str | None = None
    dtype: str | None = None
    memory: Placement | None = None
    tiled_decode: bool = False
    acceleration: Acceleration = Acceleration.automatic
    cache: Path | None = None
    sources: Path | None = None
    keeps_encodings: bool = False
    shares: int = 1


@dataclass(frozen=True, slots=True)
class ClusterFound:
    """A cluster of computers that make pictures together.

    Attributes:
        nodes: the name of each, and how many engines have room there.
        cores: of a processor that each engine has, 0 where it has a GPU.
        python, ray: the versions that all nodes must have.
        has_tokens: only who knows the cluster's token can give it orders.
    """

    nodes: tuple[tuple[str, int], ...]
    cores: int
    python: str
    ray: str
    has_tokens: bool

    @property
    def engines(self) -> int:
        """Returns how many engines have room on all nodes."""
        return sum(count for _, count in self.nodes)


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine is made.

    Attributes:
        kind, name, dtype, plan, gpus: of its device, see `core.engine.devices.device.DevicePlan`.
        memory: of the device when it was chosen.
        machine: see `core.engine.devices.machine`.
        process: its number, 0 where it is not told.
        models: those on another computer, as `core.models.elsewhere.described` has them.
        cluster: on one of whose nodes the engine will be, None for none.
    """

    kind: str
    name: str
    dtype: str
    plan: str
    memory: DeviceMemory
    machine: tuple[str, ...] = ()
    gpus: tuple[tuple[str, str], ...] = ()
    process: int = 0
    models: tuple[Model, ...] = ()
    cluster: ClusterFound | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """An operation begins, under a number from 1 on; ``places`` hold for all operations from now on."""

    number: int
    places: FixedPlaces
    operation: Operation[Any]


@dataclass(frozen=True, slots=True)
class Next:
    """Asks for the next event of an operation."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Put:
    """Sends a piece of a file that operations read, and asks how much of it the engine's end has (`Has`).

    Attributes:
        sha256: of the whole file. name: its own one, without folders. size: in bytes.
        content: the piece from ``offset`` on, which is left out where it does not follow what is there.
    """

    sha256: str
    name: str
    size: int
    offset: int
    content: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Has:
    """So many bytes of a file are there; with all of them it lies in a place."""

    sha256: str
    count: int
    place: Path


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: the names of its folders there and its own one, () for a model of a single file."""

    path: tuple[str, ...]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class OfferModel:
    """Begins to send a model, or goes on; ``name`` is that of its file or folder. `Lacks` is the answer."""

    name: str
    files: tuple[ModelFile, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PutModel:
    """Sends a piece of the model that was offered: of this file, from ``offset`` on. `Lacks` is the answer."""

    file: int
    offset: int
    content: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Lacks:
    """The next piece of a model that is wanted: of this file, from ``offset`` on; with all files it is there."""

    file: int
    offset: int


@dataclass(frozen=True, slots=True)
class Close:
    """Stops an operation."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """An event of an operation."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class Ended:
    """An operation has no more events."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """An operation has raised an error; number 0: no engine can be made.

    Attributes:
        error: one of `core.remote.table.ERRORS`, None for one that nobody foresaw.
        trace: of such a one, for the log.
    """

    number: int
    error: Exception | None = None
    trace: str = ""


Answer = Hello | Ready | Has | Lacks | Told | Ended | Failed
Order = Hello | MakeEngine | Put | OfferModel | PutModel | Run | Next | Close
