"""The record of a download, beside its files: a restart goes on by it, and `verify` checks by it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.downloads.listing import RemoteFile, is_repository, is_safe_path
from core.downloads.part import part_length
from core.files.atomic import DISK, FileSystem, write_file

RECORD_NAME = "emulsion-download.json"
LARGEST_RECORD = 4 * 2**20
FORMAT = 1


@dataclass(frozen=True, slots=True)
class DownloadRecord:
    """One download, finished or not.

    Attributes:
        endpoint: of the hub that it came from.
        commit: the state of the repository that is fetched, also after a restart.
    """

    endpoint: str
    repository: str
    commit: str
    files: tuple[RemoteFile, ...]

    @property
    def total(self) -> int:
        """Returns the bytes of all files."""
        return sum(file.size for file in self.files)

    def present(self, folder: Path) -> int:
        """Returns the bytes that are here, by the sizes of the files alone."""
        return sum(min(part_length(folder / file.path), file.size) for file in self.files)

    def is_complete(self, folder: Path) -> bool:
        """Returns whether every file has its name, which it gets only when it is whole."""
        return all((folder / file.path).is_file() for file in self.files)


def read_record(folder: Path) -> DownloadRecord | None:
    """Returns the record of a folder, or None without one that can be used."""
    try:
        path = folder / RECORD_NAME
        if path.stat().st_size > LARGEST_RECORD:
            return None
        content = json.loads(path.read_bytes())
        files = tuple(
            RemoteFile(str(one["path"]), int(one["size"]), str(one["sha256"]), str(one["git_sha1"]))
            for one in content["files"]
        )
        record = DownloadRecord(
            str(content["endpoint"]), str(content["repository"]), str(content["commit"]), files
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    is_sound = is_repository(record.repository) and all(is_safe_path(file.path) for file in files)
    return record if is_sound and files else None


def write_record(record: DownloadRecord, folder: Path, disk: FileSystem = DISK) -> None:
    """Writes the record into its folder. Raises SaveFailed."""
    text = json.dumps({"format": FORMAT, **asdict(record)}, indent=1)
    write_file(folder / RECORD_NAME, text.encode(), disk)
