"""What a download says while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.downloads.failures import Failure


@dataclass(frozen=True, slots=True)
class Listed:
    """It is known what will be fetched: ``files`` of ``total`` bytes, of which ``done`` bytes are here."""

    repository: str
    files: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Checking:
    """A file that is here, wholly or in part, is read to see that it is right; sizes in bytes."""

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

    @property
    def seconds_left(self) -> float | None:
        """At the present speed, None until that is known."""
        return (self.total - self.done) / self.bytes_per_second if self.bytes_per_second > 0 else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A passing fault; it is tried again in ``wait_s`` seconds."""

    failure: Failure
    wait_s: float


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file was not what it must be, and is fetched again."""

    file: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Every file is in ``folder``, and its hash is right."""

    repository: str
    folder: Path
    total: int


DownloadEvent = Listed | Checking | Downloading | Waiting | Damaged | Completed
