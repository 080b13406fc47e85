"""Small pictures for the gallery, made once and kept in a folder of bounded size.

Named as freedesktop.org's thumbnails are, by a hash of the picture's address; it also covers when the picture was
changed, so that an old one is never shown. Losing them loses nothing.
"""

import hashlib
import logging
import os
import secrets
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from core.errors import UnreadablePicture
from core.files.atomic import DISK, TEMPORARY_PREFIX, TEMPORARY_SUFFIX, FileSystem, words_of
from core.language.words import tr
from core.pictures.opening import flattened, open_picture

log = logging.getLogger(__name__)

FOLDER_NAME = "thumbnails"
SIZES_PX = (128, 256, 512)
LIMIT_BYTES = 512 * 2**20
_QUALITY = 88
_LEFT_AFTER_TRIMMING = 0.8
_MADE_BEFORE_TRIMMING = 0.05
_REST_S = 0.003
_TOUCHED_AFTER_S = 3600.0


class Thumbnails:
    """Thumbnails by picture, from the folder or newly made; may be used by several threads at once.

    Attributes:
        limit_bytes: how much the folder may hold; `trim` keeps to it.
    """

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES, disk: FileSystem = DISK) -> None:
        self._folder = folder
        self.limit_bytes = limit_bytes
        self._disk = disk
        self._made_bytes = 0

    def kept(self, picture: Path, stamp: int, size_px: int) -> str | None:
        """Returns the file of the thumbnail, a JPEG, if it was made before, also of a picture that is away.

        ``stamp`` is `LibraryPicture.stamp`, ``size_px`` one of `SIZES_PX`. It is not opened here: whoever shows it
        does that, and asks `make` for another if it is damaged.
        """
        path = self._path(picture, stamp, size_px)
        try:
            changed = os.stat(path).st_mtime  # noqa: PTH116 - asked for each one that is scrolled by: a Path costs more
            if time.time() - changed > _TOUCHED_AFTER_S:
                os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.info("a thumbnail cannot be used: %s", words_of(error))
        return path

    def make(self, picture: Path, stamp: int, size_px: int) -> bytes:
        """Makes a thumbnail as a JPEG, and keeps it: its longer side is at most ``size_px``.

        Raises UnreadablePicture. When it cannot be kept, it is only shown.
        """
        encoded = BytesIO()
        thumbnail(picture, size_px).save(encoded, "JPEG", quality=_QUALITY, subsampling=0)
        content = encoded.getvalue()
        self._made_bytes += len(content)
        try:
            self._keep(Path(self._path(picture, stamp, size_px)), content)
        except OSError as error:
            log.info("a thumbnail cannot be kept: %s", words_of(error))
        return content

    @property
    def may_be_full(self) -> bool:
        """Returns whether enough were made since the last `trim` for another one."""
        return self._made_bytes > self.limit_bytes * _MADE_BEFORE_TRIMMING

    def trim(self) -> int:
        """Removes those that were not shown for longest until the folder fits, and returns the bytes freed.

        Takes its time: other threads are to go on meanwhile.
        """
        self._made_bytes = 0
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        if total <= self.limit_bytes:
            return 0
        freed = 0
        for _, size, path in files:
            try:
                self._disk.remove(Path(path))
            except OSError:
                continue
            freed += size
            if total - freed <= self.limit_bytes * _LEFT_AFTER_TRIMMING:
                break
        return freed

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Time, size and path of each."""
        for folder in self._folder.glob("*"):
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        status = entry.stat()
                        yield status.st_mtime, status.st_size, entry.path
            except OSError:
                continue
            time.sleep(_REST_S)

    def _path(self, picture: Path, stamp: int, size_px: int) -> str:
        key = f"{picture.as_posix()}|{stamp}|{size_px}".encode("utf-8", "surrogateescape")
        name = hashlib.sha256(key).hexdigest()[:40]
        return os.path.join(self._folder, name[:2], f"{name}.jpg")  # noqa: PTH118 - as in `kept`

    def _keep(self, path: Path, content: bytes) -> None:
        """Without waiting for the disk, as `core.files.atomic` does: after a power cut it is made again."""
        temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        self._disk.make_folder(path.parent)
        try:
            descriptor = self._disk.create(temporary)
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[self._disk.write(descriptor, rest) :]
            finally:
                self._disk.close(descriptor)
            self._disk.replace(temporary, path)
        except OSError:
            self._disk.remove(temporary)
            raise


def thumbnail(picture: Path, size_px: int) -> Image.Image:
    """Returns the picture in RGB, reduced to a square of ``size_px``. Raises UnreadablePicture."""
    opened = open_picture(picture, around_px=size_px)
    try:
        opened.thumbnail((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    except (OSError, ValueError) as error:
        raise UnreadablePicture(picture, tr("the file is damaged")) from error
    return flattened(opened)
