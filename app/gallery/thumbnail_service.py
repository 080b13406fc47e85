"""Makes thumbnails in two background threads, those in sight first, and remembers them."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QImageReader

from app.session.background import BackgroundTasks
from app.widgets.pixels import to_image
from core.errors import UnreadablePicture
from core.gallery.query import LibraryPicture
from core.gallery.thumbnails import SIZES_PX, Thumbnails

log = logging.getLogger(__name__)

THREADS = 2
MOST_BYTES = 128 * 2**20
"""Of thumbnails in memory; the folder behind them is bounded by `core.gallery.thumbnails`."""


@dataclass(frozen=True, slots=True)
class ThumbnailKey:
    """Identifies a thumbnail: the picture, its file's state, and the size."""

    picture: int
    stamp: int
    size_px: int


class ThumbnailService(QObject):
    """All methods return at once.

    Signals:
        loaded: the id of a picture whose thumbnail can be had from `find`.
    """

    loaded = Signal(object)

    def __init__(self, thumbnails: Thumbnails, background: BackgroundTasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._images: OrderedDict[ThumbnailKey, QImage] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._wanted: list[tuple[ThumbnailKey, LibraryPicture]] = []
        self._in_work: set[ThumbnailKey] = set()
        self._workers = 0
        self._tasks = background.queue(self, "thumbnails", THREADS)

    def find(self, picture: LibraryPicture, size_px: int) -> QImage | None:
        """Returns the thumbnail if it is in memory, else one of another size for the moment; null if broken."""
        image = None
        for size in sorted(SIZES_PX, key=lambda other: abs(other - size_px)):
            key = ThumbnailKey(picture.id, picture.stamp, size)
            image = self._images.get(key)
            if image is not None:
                self._images.move_to_end(key)
                break
        return image

    def want(self, pictures: Sequence[LibraryPicture], size_px: int) -> None:
        """Replaces the wanted thumbnails; the most urgent come first."""
        missing = [(ThumbnailKey(picture.id, picture.stamp, size_px), picture) for picture in pictures]
        missing = [item for item in missing if item[0] not in self._images]
        with self._lock:
            self._wanted = [item for item in reversed(missing) if item[0] not in self._in_work]
            new = min(THREADS, len(self._wanted)) - self._workers
            self._workers += max(new, 0)
        for _ in range(new):
            self._tasks.follow(self._make_wanted, self._on_made)

    def _make_wanted(self) -> Generator[tuple[ThumbnailKey, QImage]]:
        """In a background thread."""
        while True:
            with self._lock:
                if not self._wanted:
                    self._workers -= 1
                    break
                key, picture = self._wanted.pop()
                self._in_work.add(key)
            try:
                image = self._load(picture, key.size_px)
            except Exception:  # libraries read the file: shown as broken, and the others wait no longer
                log.exception("a thumbnail failed")
                image = QImage()
            yield key, image
        if self._thumbnails.may_be_full:  # nobody waits for a picture now
            self._thumbnails.trim()

    def _load(self, picture: LibraryPicture, size_px: int) -> QImage:
        """Null if the picture cannot be read."""
        what = (picture.path, picture.stamp, size_px)
        kept = self._thumbnails.kept(*what)
        image = _decoded(kept)
        if not image.isNull() or picture.is_away:
            return image
        try:
            made = self._thumbnails.make(*what)
        except UnreadablePicture:
            return image
        image = _decoded(self._thumbnails.kept(*what))
        return _of_bytes(made) if image.isNull() else image

    def _on_made(self, made: tuple[ThumbnailKey, QImage]) -> None:
        key, image = made
        with self._lock:
            self._in_work.discard(key)
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > MOST_BYTES:
            _, oldest = self._images.popitem(last=False)
            self._bytes -= oldest.sizeInBytes()
        self.loaded.emit(key.picture)


def _decoded(path: str | None) -> QImage:
    """In the format that is painted fastest; null if damaged or not there. The window's thread goes on meanwhile.

    From a file: `QImage.fromData` would keep Python's lock while it decodes. A reader of a `QBuffer` would ask for
    that lock while it holds the one of Qt's image formats: a deadlock with whoever needs them the other way round.
    """
    if path is None:
        return QImage()
    return QImageReader(path, b"jpeg").read().convertToFormat(QImage.Format.Format_RGB32)


def _of_bytes(jpeg: bytes) -> QImage:
    """Decodes a thumbnail that could not be written to a file; by Pillow, for the reason given in `_decoded`."""
    with Image.open(BytesIO(jpeg)) as picture:
        return to_image(np.asarray(picture.convert("RGB"))).convertToFormat(QImage.Format.Format_RGB32)
