"""Checks an installed model against the hub's hashes: a flipped bit loads silently and spoils every picture."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from core.downloads.digest import check
from core.downloads.events import Checking
from core.downloads.record import DownloadRecord
from core.files.atomic import words_of
from core.language.words import tr


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
                yield Verified(
                    file.path,
                    tr("it has {size:,} bytes where {file_size:,} are expected", size=size, file_size=file.size),
                )
                continue
            is_right = yield from check(file, path)
        except FileNotFoundError:
            yield Verified(file.path, tr("it is missing"))
        except OSError as error:
            yield Verified(file.path, tr("it cannot be read: {strerror}", strerror=words_of(error)))
        else:
            yield Verified(file.path, "" if is_right else tr("its content is damaged"))
