"""Looks at the pictures of the library in the background, so that those that look alike can be found."""

import time

from PySide6.QtCore import QObject, Signal, Slot

from app.gallery.library_service import LONGEST_REST_S, REST, SLICE_S, LibraryService
from app.session.background import BackgroundTasks
from core.gallery.gallery import Gallery
from core.gallery.scan import ScanEvent, Scanned

AT_ONCE = 20
MOST_AFTER_A_SCAN = 2_000
"""A large library is looked at over several starts, or as soon as somebody asks."""


class Likeness(QObject):
    """Works between the other tasks of the library, and rests more than it works.

    Signals:
        found: the colour layout of the picture that was asked for, bytes; None for one that cannot be read.
        completed: all pictures have been looked at.
    """

    found = Signal(object)
    completed = Signal()

    def __init__(self, service: LibraryService, background: BackgroundTasks, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._background = background
        self._left = 0
        self._is_at_work = False
        service.scanned.connect(self._on_scanned)

    def find(self, picture: int) -> None:
        """Tells the colour layout of a picture, and looks at all that are left."""

        def look(gallery: Gallery) -> None:
            for known in gallery.pictures((picture,)):
                self.found.emit(gallery.layout_of(known))

        self._service.work(look)
        self._begin(2**62)

    @Slot(object)
    def _on_scanned(self, event: ScanEvent) -> None:
        if isinstance(event, Scanned):
            self._begin(MOST_AFTER_A_SCAN)

    def _begin(self, most: int) -> None:
        self._left = max(self._left, most)
        if not self._is_at_work:
            self._is_at_work = True
            self._service.work(self._look)

    def _look(self, gallery: Gallery) -> None:
        """In the library's thread: a slice of the work."""
        end = time.monotonic() + SLICE_S
        looked_at = AT_ONCE
        while looked_at == AT_ONCE and self._left > 0 and time.monotonic() < end:
            if self._background.is_closing:
                return
            began = time.monotonic()
            looked_at = gallery.look_at_next(min(AT_ONCE, self._left))
            self._left -= looked_at
            time.sleep(min(REST * (time.monotonic() - began), LONGEST_REST_S))
        if looked_at == AT_ONCE and self._left > 0:
            self._service.work(self._look)
            return
        self._is_at_work, self._left = False, 0
        self.completed.emit()
