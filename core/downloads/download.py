"""Downloads a model: lists, selects, checks the free space, fetches file after file."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from core.downloads.events import Completed, DownloadEvent, Downloading, Listed
from core.downloads.failures import DownloadFailed, Failure, Fault
from core.downloads.hub import Hub
from core.downloads.listing import list_repository
from core.downloads.record import DownloadRecord, read_record, write_record
from core.downloads.retry_policy import RetryPolicy
from core.downloads.selection import HALF, named_files, select_files
from core.downloads.transfer import Transfer
from core.errors import SaveFailed
from core.files.atomic import check_writable, words_of
from core.files.free_space import SPARE_BYTES, free_bytes_at
from core.files.lock import lock

LOCK_NAME = ".emulsion-download.lock"
TOLD_EVERY_S = 0.25
SPEED_OVER_S = 8.0


@dataclass(frozen=True, slots=True)
class DownloadSpec:
    """The files to fetch, and the folder for them.

    Attributes:
        variant: of the weights, where there is a choice: ``"fp16"``, or "" for full precision.
        files: these alone; () for those that a model needs.
    """

    repository: str
    folder: Path
    revision: str = "main"
    variant: str = HALF
    files: tuple[str, ...] = ()


def plan_download(hub: Hub, wanted: DownloadSpec) -> DownloadRecord:
    """Returns the files to fetch; writes nothing. A download that was begun keeps its commit and its files.

    Raises DownloadFailed.
    """
    begun = read_record(wanted.folder)
    if begun is not None and begun.repository == wanted.repository:
        return begun
    listing = list_repository(hub, wanted.repository, wanted.revision)
    files = named_files(listing, wanted.files) if wanted.files else select_files(listing, wanted.variant)
    return DownloadRecord(hub.address.endpoint, wanted.repository, listing.commit, files)


def check_access(hub: Hub, record: DownloadRecord) -> None:
    """Checks by one byte that the files may be had; gated repositories let everyone list them.

    Raises DownloadFailed.
    """
    with hub.open(record.repository, record.commit, record.files[0].path, {"Range": "bytes=0-0"}):
        pass


def check_room(record: DownloadRecord, folder: Path, free_bytes: Callable[[Path], int] | None = None) -> None:
    """Raises DownloadFailed if the disk has too little room for the missing bytes."""
    needed = record.total - record.present(folder) + SPARE_BYTES
    free = (free_bytes or free_bytes_at)(folder)
    if free < needed:
        raise DownloadFailed(Failure(Fault.disk_full, record.repository, needed=needed, free=free))


def download(
    hub: Hub,
    wanted: DownloadSpec,
    patience: RetryPolicy | None = None,
    free_bytes: Callable[[Path], int] | None = None,
) -> Iterator[DownloadEvent]:
    """Fetches the needed files of a repository into a folder; goes on from the end of an earlier attempt.

    Files that are there are read and compared with the hub's hashes, and only damaged ones are fetched again.
    Closing the generator, or killing the process, loses nothing that has arrived. Raises DownloadFailed.
    """
    try:
        check_writable(wanted.folder)
        wanted.folder.mkdir(parents=True, exist_ok=True)
        with _only_one(wanted):
            record = plan_download(hub, wanted)
            yield Listed(record.repository, len(record.files), record.present(wanted.folder), record.total)
            check_access(hub, record)
            check_room(record, wanted.folder, free_bytes)
            write_record(record, wanted.folder)
            transfer = Transfer(hub, record.repository, record.commit, patience or RetryPolicy())
            yield from _fetch_all(transfer, record, wanted.folder)
    except (SaveFailed, OSError) as error:
        reason = error.reason if isinstance(error, SaveFailed) else words_of(error)
        raise DownloadFailed(Failure(Fault.cannot_write, wanted.repository, reason=reason)) from error


def _fetch_all(transfer: Transfer, record: DownloadRecord, folder: Path) -> Iterator[DownloadEvent]:
    speed = _Speed()
    done_before, told = 0, 0.0
    for file in record.files:
        for event in transfer.fetch(file, folder / file.path):
            if not isinstance(event, int):
                speed.forget()
                yield event
                continue
            done = done_before + event
            rate = speed.take(done)
            if monotonic() - told >= TOLD_EVERY_S or event == file.size:
                told = monotonic()
                yield Downloading(file.path, event, file.size, done, record.total, rate)
        done_before += file.size
    yield Completed(record.repository, folder, record.total)


class _Speed:
    """Measures bytes per second over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def take(self, done: int) -> float:
        now = monotonic()
        if not self._seen or now - self._seen[-1][0] > TOLD_EVERY_S / 2:
            self._seen.append((now, done))
        while now - self._seen[0][0] > SPEED_OVER_S:
            self._seen.popleft()
            if not self._seen:
                return 0.0
        began, first = self._seen[0]
        return max(done - first, 0) / (now - began) if now - began > TOLD_EVERY_S else 0.0

    def forget(self) -> None:
        """Starts the measurement again after a pause, whose time is not counted."""
        self._seen.clear()


@contextmanager
def _only_one(wanted: DownloadSpec) -> Generator[None]:
    """Lets one download write into a folder; two would spoil each other's files."""
    path = wanted.folder / LOCK_NAME
    with path.open("ab", buffering=0) as file:
        if not lock(file):
            raise DownloadFailed(Failure(Fault.in_use, wanted.repository))
        yield
    path.unlink(missing_ok=True)
