"""Brings the index in line with the folders: new, changed and vanished pictures, and folders that are away."""

import logging
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import SaveFailed
from core.files.atomic import FileSystem, words_of
from core.gallery.library import LibraryFolder
from core.gallery.listing import Directory, listing
from core.gallery.marks import NO_MARKS, MarkStore
from core.gallery.record import FileState, read_record
from core.gallery.writer import IndexWriter, Known

log = logging.getLogger(__name__)

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """The folders are being listed; ``found`` pictures so far."""

    found: int


@dataclass(frozen=True, slots=True)
class Indexing:
    """``done`` of ``total`` pictures that are new or have changed are in the index."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """The index is in line with the folders.

    Attributes:
        added, changed, vanished: how many pictures.
        away: the library folders that are not there now; their pictures stay in the index.
    """

    added: int
    changed: int
    vanished: int
    away: tuple[Path, ...]


ScanEvent = Listing | Indexing | Scanned


def scan(
    writer: IndexWriter, mark_store: MarkStore, library: Iterable[LibraryFolder]
) -> Generator[ScanEvent, None, None]:
    """Compares folders with the index by name, size and time; reads only what differs, the newest first.

    What has been told is committed. Closing the generator leaves the rest for the next time.
    Raises as `IndexWriter` does.
    """
    folders = tuple(library)
    roots = {folder.path for folder in folders}
    writer.keep_folders(roots)
    for _ in writer.forget_damaged():
        yield Listing(0)
    comparison = _Comparison(writer, mark_store, mark_store.mirrored_stamps())
    away: list[Path] = []
    for folder in folders:
        number = writer.folder_id(folder.path)
        unvisited = writer.directories(number)
        for directory in listing(folder.path, roots - {folder.path}):
            if directory.path == "" and _is_away(directory, folder, has_pictures=bool(unvisited)):
                away.append(folder.path)
                unvisited = set()
                break
            unvisited.discard(directory.path)
            if directory.files is None:
                unvisited = {path for path in unvisited if not path.startswith(f"{directory.path}/")}
                continue
            comparison.compare(_Place(folder.path, number, directory.path), directory.files)
            if folder.is_own:
                _sweep(directory.leftovers, mark_store.disk)
            yield Listing(comparison.found)
        writer.set_away(number, is_away=folder.path in away)
        for path in unvisited:
            comparison.compare(_Place(folder.path, number, path), ())
    yield from comparison.read()
    writer.forget(comparison.vanished)
    yield Scanned(comparison.added, comparison.changed, len(comparison.vanished), tuple(away))


def _is_away(root: Directory, folder: LibraryFolder, *, has_pictures: bool) -> bool:
    """Returns whether a drive is unplugged: no folder, or an empty one. An own folder may not be made yet."""
    if root.files is None:
        return has_pictures or not folder.is_own
    return has_pictures and root.is_empty


def _sweep(leftovers: Iterable[Path], disk: FileSystem) -> None:
    for path in leftovers:
        try:
            disk.remove(path)
        except OSError as error:
            log.info("%s, left over from a save that was cut off, cannot be removed: %s", path, words_of(error))


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory of a library folder, and the folder's row."""

    root: Path
    folder: int
    directory: str

    def path(self, name: str) -> Path:
        return self.root / self.directory / name


@dataclass(slots=True)
class _Comparison:
    """Finds out what differs between the folders and the index, and brings the index up to date."""

    writer: IndexWriter
    mark_store: MarkStore
    mirrored: Mapping[str, int]
    to_read: list[tuple[_Place, FileState]] = field(default_factory=list[tuple[_Place, FileState]])
    vanished: list[int] = field(default_factory=list[int])
    orphaned: dict[tuple[str, int, int], Path] = field(default_factory=dict[tuple[str, int, int], Path])
    found: int = 0
    added: int = 0
    changed: int = 0

    def compare(self, place: _Place, files: Sequence[FileState]) -> None:
        """Notes the files to read; reading waits, since the newest pictures of all folders come first."""
        known = self.writer.known(place.folder, place.directory)
        with self.writer.batch():
            for listed in files:
                state = self._with_mirror(place, listed)
                before = known.pop(state.name, None)
                if before is None:
                    self.to_read.append((place, state))
                    self.added += 1
                elif before.state != state:
                    self.changed += 1
                    if before.state.identity == state.identity:
                        self._update(place, before, state)
                    else:
                        self.to_read.append((place, state))
        self.found += len(files)
        self.vanished += [gone.id for gone in known.values()]
        self.orphaned |= {
            gone.state.identity: place.path(gone.state.name) for gone in known.values() if gone.state.marks_stamp
        }

    def read(self) -> Iterator[Indexing]:
        """Reads what was noted."""
        self.to_read.sort(key=lambda noted: noted[1].modified_ns, reverse=True)
        total = len(self.to_read)
        for start in range(0, total, _BATCH):
            batch = self.to_read[start : start + _BATCH]
            with self.writer.batch():
                for place, state in batch:
                    self._read_one(place, state)
            yield Indexing(start + len(batch), total)

    def _read_one(self, place: _Place, state: FileState) -> None:
        path = place.path(state.name)
        stamp = self.mark_store.stamp(path)  # somebody may have marked it since it was listed
        if not stamp and (before := self.orphaned.get(state.identity)):
            self._adopt_marks(before, path)
            stamp = self.mark_store.stamp(path)
        marks = self.mark_store.read(path) if stamp else NO_MARKS
        if stamp != state.marks_stamp:
            state = replace(state, marks_stamp=stamp)
        self.writer.put(place.folder, read_record(path, state, marks))

    def _adopt_marks(self, before: Path, path: Path) -> None:
        """The picture was moved by another program, which left its marks behind."""
        try:
            self.mark_store.write(path, self.mark_store.read(before))
        except SaveFailed as error:
            log.info("the marks of %s cannot follow it: %s", path, error.reason)

    def _with_mirror(self, place: _Place, listed: FileState) -> FileState:
        if not self.mirrored:
            return listed
        stamp = self.mirrored.get(self.mark_store.mirrored(place.path(listed.name)).name, 0)
        return replace(listed, marks_stamp=listed.marks_stamp + stamp) if stamp else listed

    def _update(self, place: _Place, before: Known, state: FileState) -> None:
        """The picture is as it was; its film or its marks are not."""
        if before.state.has_film != state.has_film:
            self.writer.set_film(before.id, has_film=state.has_film)
        if before.state.marks_stamp != state.marks_stamp:
            self.writer.put_marks(before.id, self.mark_store.read(place.path(state.name)), state.marks_stamp)
