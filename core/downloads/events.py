"""The events of a download."""

from dataclasses import dataclass
from pathlib import Path

from core.downloads.failures import Failure


@dataclass(frozen=True, slots=True)
class Listed:
    """The files to fetch are known: ``files`` of ``total`` bytes, of which ``done`` bytes are here."""

    repository: str
    files: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Checking:
    """A file that is here, wholly or in part, is read and checked; sizes in bytes."""

    file: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Downloading:
    """Bytes arrive.

    Attributes:
        file: its path in the repository; ``file_done`` of ``file_total`` bytes are here.
        done, total: of the whole download, in bytes.
        bytes_per_second: over the last seconds, 0 until it is known.
    """

    file: str
    file_done: int
    file_total: int
    done: int
    total: int
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A passing fault; another attempt follows in ``wait_s`` seconds."""

    failure: Failure
    wait_s: float


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file has the wrong content and is fetched again."""

    file: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Every file is in ``folder``, and its hash is right."""

    repository: str
    folder: Path
    total: int


DownloadEvent = Listed | Checking | Downloading | Waiting | Damaged | Completed
