"""Checks an installed model against the hub's hashes: a flipped bit loads silently and spoils every picture."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from core.downloads.digest import check
from core.downloads.events import Checking
from core.downloads.record import DownloadRecord


@dataclass(frozen=True, slots=True)
class Verified:
    """One file has been read; ``problem`` is "" when it is right."""

    file: str
    problem: str


def verify(record: DownloadRecord, folder: Path) -> Generator[Checking | Verified]:
    """Reads every file of a download and compares size and hash. Changes nothing; a new download repairs."""
    for file in record.files:
        path = folder / file.path
        try:
            size = path.stat().st_size
            if size != file.size:
                yield Verified(file.path, f"it has {size:,} bytes where {file.size:,} are expected")
                continue
            is_right = yield from check(file, path)
        except FileNotFoundError:
            yield Verified(file.path, "it is missing")
        except OSError as error:
            yield Verified(file.path, f"it cannot be read: {error.strerror or error}")
        else:
            yield Verified(file.path, "" if is_right else "its content is damaged")
