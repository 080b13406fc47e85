"""Changes the library: one background thread scans folders and writes marks and index."""

import logging
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from app.gallery.folder_watch import watched_folders
from app.messages.errors import Message, message
from app.session.background import BackgroundTasks
from app.session.settings_store import SettingsStore
from core.errors import EmulsionError, LibraryInUse
from core.gallery.deleting import Deleted
from core.gallery.gallery import Gallery, Moved, gallery_folder
from core.gallery.marks import MarkChange, Marks
from core.gallery.scan import Listing, ScanEvent, Scanned
from core.gallery.system_trash import Trash
from core.language.words import tr

log = logging.getLogger(__name__)

SLICE_S = 0.1
REST = 2.0
"""After each step that compares, this many times as long: the window is in use, and nobody waits for that."""

LONGEST_REST_S = 0.03
MOST_REPAIRS = 3
UNUSABLE = Message(
    tr("The gallery's index cannot be used"), tr("It keeps getting damaged."), tr("Restart Emulsion.")
)
_SOON, _NOW = 0, 1
CAN_UNDO = True

Change = TypeVar("Change", Deleted, Moved)


class LibraryService(QObject):
    """All methods return at once. ``trash`` takes deleted pictures.

    Signals:
        opened: the library folders, () when the library belongs to another copy of the program, and why the index
            begins anew, or ""; also when it had to be opened anew.
        scanned: a `ScanEvent`, several a second while folders are compared with the index.
        scan_failed: the scan came to an end before its time; ``failed`` says why.
        damaged: the index is damaged. Close what reads it, then call `reopen`.
        changed: other pictures are there now, or none.
        folders_changed: the library folders, a tuple of `LibraryFolder`.
        marked: a `Marked`, and False when this was an undo or redo itself.
        moved: a tuple of `Moved`; give it to `put_back` to undo.
        deleted: a tuple of `Deleted`; give it to `restore` to undo.
        undone: a `Deleted` that is restored, or a `Moved` that is put back.
        watchable: a tuple of folders in which new pictures are likely, and the seconds that the scan took.
        failed: a `Message`.
    """

    opened = Signal(object, str)
    scanned = Signal(object)
    scan_failed = Signal()
    damaged = Signal()
    changed = Signal()
    folders_changed = Signal(object)
    marked = Signal(object, bool)
    moved = Signal(object)
    deleted = Signal(object)
    undone = Signal(object)
    watchable = Signal(object, float)
    failed = Signal(object)

    def __init__(
        self, store: SettingsStore, background: BackgroundTasks, trash: Trash | None, parent: QObject
    ) -> None:
        """``store`` says in which folder the finished pictures are when the library is opened.

        Deleted pictures go to ``trash``, the system's own if none is given.
        """
        super().__init__(parent)
        self.trash = trash
        self._store, self._folders = store, store.folders
        self._gallery: Gallery | None = None
        self._scan: Generator[ScanEvent, None, None] | None = None
        self._scan_began = 0.0
        self._repairs = 0
        self._tasks = background.queue(self, "library")
        self._tasks.end_with(self._close)

    def open(self) -> None:
        """Opens the library; ``opened`` or ``failed`` follows."""
        self._do(self._open)

    def scan(self) -> None:
        """Looks for new, changed and vanished pictures, unless that is being done."""
        self._do(self._begin_scan)

    @Slot()
    def reopen(self) -> None:
        """Opens the library anew: a damaged index is moved aside then."""
        self._do(self._reopen)

    def rebuild(self) -> None:
        """Forgets the index and reads every picture again."""
        self._do(self._begin_rebuild)

    def add_folder(self, path: Path, *, is_own: bool = False) -> None:
        """Adds a folder and reads it."""

        def add() -> None:
            gallery = self._owned()
            gallery.add_folder(path, is_own=is_own)
            self.folders_changed.emit(gallery.library)
            self._end_scan()
            self._begin_scan()

        self._do(add, _NOW)

    def remove_folder(self, path: Path) -> None:
        """Takes a folder out of the gallery; its files stay."""

        def remove() -> None:
            gallery = self._owned()
            self._end_scan()
            gallery.remove_folder(path)
            self.folders_changed.emit(gallery.library)
            self.changed.emit()
            self._begin_scan()

        self._do(remove, _NOW)

    def index(self, path: Path) -> None:
        """Takes up a picture that was just saved, or forgets one that has gone."""

        self._do(lambda: (self._owned().index(path), self.changed.emit()), _NOW)

    def mark(self, pictures: tuple[int, ...], change: MarkChange) -> None:
        """Changes what people added to pictures."""
        self._do(lambda: self.marked.emit(self._owned().mark(pictures, change), CAN_UNDO), _NOW)

    def mark_files(self, paths: tuple[Path, ...], change: MarkChange) -> None:
        """Changes the marks of pictures by their files, whether or not the gallery was ever looked at."""
        self._do(lambda: self.marked.emit(self._made().mark(self._at(paths), change), CAN_UNDO), _NOW)

    def delete_files(self, paths: tuple[Path, ...]) -> None:
        """Moves pictures to the trash by their files, as `delete` does."""
        self._do(lambda: self._tell(self._made().delete(self._at(paths)), self.deleted), _NOW)

    def set_marks(self, marks: Mapping[Path, Marks]) -> None:
        """Gives pictures other marks, to undo `mark` or to do it again."""
        self._do(lambda: self.marked.emit(self._owned().set_marks(marks), not CAN_UNDO), _NOW)

    def delete(self, pictures: tuple[int, ...]) -> None:
        """Moves pictures with their films and marks to the trash."""
        self._do(lambda: self._tell(self._owned().delete(pictures), self.deleted), _NOW)

    def restore(self, deleted: tuple[Deleted, ...]) -> None:
        """Takes deleted pictures back, as far as they can be."""
        self._undo(Gallery.restore, deleted)

    @Slot(object, str)
    def rename(self, picture: int, stem: str) -> None:
        """Gives a picture with its film and marks another name."""
        self._do(lambda: self._tell(iter((self._owned().rename(picture, stem),)), self.moved), _NOW)

    @Slot(object, str)
    def rename_all(self, pictures: tuple[int, ...], pattern: str) -> None:
        """Names pictures by a pattern, see `Gallery.rename_all`."""
        self._do(lambda: self._tell(self._owned().rename_all(pictures, pattern), self.moved), _NOW)

    def move(self, pictures: tuple[int, ...], folder: Path) -> None:
        """Moves pictures with their films and marks to another folder of the library."""
        self._do(lambda: self._tell(self._owned().move(pictures, folder), self.moved), _NOW)

    def put_back(self, moved: tuple[Moved, ...]) -> None:
        """Undoes `rename` and `move`."""
        self._undo(Gallery.put_back, moved)

    def work(self, task: Callable[[Gallery], object]) -> None:
        """Does something with the library, after what was asked for before."""
        self._do(lambda: task(self._owned()))

    def _do(self, work: Callable[[], object], priority: int = _SOON) -> None:
        def attempt() -> None:
            try:
                work()
            except sqlite3.Error as error:
                log.info("the index of the library failed: %s", error)
                self._close()
                self.damaged.emit()

        def fail(error: EmulsionError) -> None:
            self.failed.emit(message(error))

        self._tasks.submit(attempt, None, fail, priority=priority, is_kept=True)

    def _undo(self, undo: Callable[[Gallery, Change], object], changes: tuple[Change, ...]) -> None:
        def undo_all() -> None:
            try:
                for change in changes:
                    undo(self._owned(), change)
                    self.undone.emit(change)
            finally:
                self.changed.emit()

        self._do(undo_all, _NOW)

    def _tell(self, changes: Iterator[Change], signal: SignalInstance) -> None:
        """Tells what was done, also where the next one fails."""
        done: list[Change] = []
        try:
            done.extend(changes)
        finally:
            if done:
                signal.emit(tuple(done))
                self.changed.emit()

    def _at(self, paths: tuple[Path, ...]) -> tuple[int, ...]:
        found = [self._made().index(path) for path in paths]
        return tuple(picture.id for picture in found if picture is not None)

    def _made(self) -> Gallery:
        """Returns the library, opened now if it was not. Raises LibraryInUse."""
        if self._gallery is None:
            self._gallery = Gallery(self._folders, self._store.settings.pictures, trash=self.trash)
        return self._gallery

    def _owned(self) -> Gallery:
        if self._gallery is None:
            raise LibraryInUse(gallery_folder(self._folders))
        return self._gallery

    def _open(self) -> None:
        try:
            gallery = self._made()
        except LibraryInUse as error:
            self.failed.emit(message(error))
            self.opened.emit((), "")
        else:
            self.opened.emit(gallery.library, gallery.fault)

    def _begin_scan(self) -> None:
        if self._gallery is not None and self._scan is None:
            self._scan_began = time.monotonic()
            self._scan = self._gallery.scan()
            self._do(self._go_on)

    def _begin_rebuild(self) -> None:
        self._end_scan()
        self._scan = self._owned().rebuild()
        self._do(self._go_on)

    def _go_on(self) -> None:
        """A slice of the scan; then whatever was asked for meanwhile comes first."""
        scan, event = self._scan, None
        end = time.monotonic() + SLICE_S
        try:
            while scan is not None and not self._tasks.is_closing and time.monotonic() < end:
                event = self._step(scan)
                if event is None or isinstance(event, Scanned):
                    scan = self._scan = None
        except Exception:  # whatever it is: the scan is over, and another one may begin; `_do` tells it
            self._scan = None
            self.scan_failed.emit()
            raise
        if event is not None:
            self.scanned.emit(event)
        if isinstance(event, Scanned):
            self.watchable.emit(watched_folders(self._owned().library), time.monotonic() - self._scan_began)
        if scan is not None and not self._tasks.is_closing:
            self._do(self._go_on)

    def _step(self, scan: Generator[ScanEvent, None, None]) -> ScanEvent | None:
        began = time.monotonic()
        event = next(scan, None)
        if isinstance(event, Listing) and not self._owned().needs_scan:
            time.sleep(min(REST * (time.monotonic() - began), LONGEST_REST_S))
        return event

    def _end_scan(self) -> None:
        if self._scan is not None:
            self._scan.close()
            self._scan = None

    def _reopen(self) -> None:
        """The index was damaged while it was open: opening it again puts it aside and begins a new one."""
        self._close()
        self._repairs += 1
        if self._tasks.is_closing or self._repairs > MOST_REPAIRS:
            self.failed.emit(UNUSABLE)
        else:
            self._open()

    def _close(self) -> None:
        """Leaves a scan where it is, and gives the library free."""
        self._end_scan()
        gallery, self._gallery = self._gallery, None
        if gallery is not None:
            gallery.close()
