"""Keeps what is shown in line with the library: opens it, asks it, and shows how a scan goes."""

import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.gallery.folder_watch import FolderWatch
from app.gallery.library_reader import LibraryReader
from app.gallery.library_service import LibraryService
from app.gallery.picture_list import PictureList
from core.gallery.gallery import Marked
from core.gallery.library import LibraryFolder
from core.gallery.query import Answer, Query
from core.gallery.scan import Indexing, Listing, ScanEvent, Scanned
from core.gallery.schema import FILE_NAME

REFRESH_MS = 700
"""While pictures are read, the answer is asked for again so often."""

RESCAN_S = 20.0


class LibraryView(QObject):
    """The query, its answer and the state of the library.

    Attributes:
        query: what is asked.
        total: how many pictures the library has.
        library: its folders.
        fault: why the index begins anew, or "".
        away: folders that are not there now.
        scan_event: what the scan in progress said last, None when none is.
        has_begun: it was asked to open the library. is_open: False until the library can be asked.

    Signals:
        answered: the answer to a `Query` is about to be shown; ``pictures`` still has what was there before.
        shown: it is there.
        state_changed: look again at the attributes.
        marks_changed: ids whose marks are others now.
    """

    answered = Signal(object)
    shown = Signal()
    state_changed = Signal()
    marks_changed = Signal(object)

    def __init__(
        self,
        service: LibraryService,
        reader: LibraryReader,
        pictures: PictureList,
        query: Query,
        index: Path,
        parent: QObject,
    ) -> None:
        """``index`` is the folder of the index, which may not be there yet."""
        super().__init__(parent)
        self.service = service
        self.reader = reader
        self.pictures = pictures
        self.query = query
        self._index = index / FILE_NAME
        self.total = 0
        self.library: tuple[LibraryFolder, ...] = ()
        self.fault = ""
        self.away: tuple[Path, ...] = ()
        self.scan_event: ScanEvent | None = None
        self.is_open = False
        self.has_begun = False
        self._is_opened = False
        self._scanned_at = 0.0
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._ask_again)
        watch = FolderWatch(self)
        watch.changed.connect(service.scan)
        service.watchable.connect(watch.watch)
        service.opened.connect(self._on_opened)
        service.scanned.connect(self._on_scanned)
        service.changed.connect(self._ask_again)
        service.folders_changed.connect(self._on_folders_changed)
        service.marked.connect(self._on_marked)
        service.damaged.connect(reader.release)
        reader.broken.connect(reader.release)
        reader.released.connect(self._reopen)
        service.scan_failed.connect(self._end_scan)
        reader.answered.connect(self._on_answered)

    def open(self) -> None:
        """At the first time opens the library, later looks for what has changed in the folders."""
        if not self.has_begun:
            self.has_begun = True
            if self._index.exists() and sys.platform != "win32":  # where an open file could not be moved aside
                self.reader.open(self._index.parent)  # while its owner checks the index, it is read already
                self.reader.find(self.query)
            self.service.open()
        elif self.is_open and self.scan_event is None and time.monotonic() - self._scanned_at > RESCAN_S:
            self.service.scan()

    def ask(self, query: Query) -> None:
        self.query = query
        if self.is_open:
            self.reader.find(query)

    @Slot(object, str)
    def _on_opened(self, library: tuple[LibraryFolder, ...], fault: str) -> None:
        self.is_open = self._is_opened = True
        self.library, self.fault = library, fault
        self.reader.open(self._index.parent)
        self.reader.find(self.query)
        self.reader.count_facets()
        if library:
            self.scan_event = Listing(0)
            self.service.scan()
        self.state_changed.emit()

    @Slot()
    def _reopen(self) -> None:
        """Nothing reads the index now; before it was opened for the first time, that is under way anyhow."""
        if self._is_opened:
            self._is_opened = False
            self.service.reopen()

    @Slot()
    def _end_scan(self) -> None:
        self.scan_event = None
        self.state_changed.emit()

    @Slot(object)
    def _on_folders_changed(self, library: tuple[LibraryFolder, ...]) -> None:
        self.library = library
        self.state_changed.emit()

    @Slot(object)
    def _on_scanned(self, event: ScanEvent) -> None:
        self.scan_event = None if isinstance(event, Scanned) else event
        match event:
            case Scanned():
                self.fault = ""
                self.away = event.away
                self._scanned_at = time.monotonic()
                if event.added or event.changed or event.vanished or event.away:
                    self._ask_again()
                else:
                    self.reader.find(self.query)
            case Indexing() if not self._refresh.isActive():
                self._refresh.start()
            case _:
                pass
        self.state_changed.emit()

    @Slot()
    def _ask_again(self) -> None:
        self._refresh.stop()
        if not self.is_open:  # a picture was deleted from elsewhere, and nothing is shown yet
            return
        self.pictures.forget_all()
        self.reader.find(self.query)
        self.reader.count_facets()

    @Slot(object)
    def _on_marked(self, marked: Marked) -> None:
        self.pictures.forget(marked.pictures)
        self.marks_changed.emit(marked.pictures)
        if not self.is_open:
            return
        self.reader.find(self.query)
        self.reader.count_facets()

    @Slot(object, object, int)
    def _on_answered(self, query: Query, answer: Answer, total: int) -> None:
        if query == self.query:
            self.is_open = True
            self.total = total
            self.answered.emit(query)
            self.pictures.show_answer(answer)
            self.shown.emit()
            self.state_changed.emit()
