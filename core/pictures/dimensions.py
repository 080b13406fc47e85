"""Width and height of a picture file, read from its first parts without decoding it.

Follows the PNG specification (section 11.2.1), JPEG (ITU T.81, B.2.2), WebP's container and VP8/VP8L bitstreams.
"""

import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import UnreadablePicture
from core.files.atomic import words_of
from core.language.words import tr
from core.request.request import Size

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_MOST_PARTS = 1_000
_MARKERS_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
_START_OF_PIXELS, _END = 0xDA, 0xD9
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_MOST_AVIF_BYTES = 2**20


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """Opens a picture file for all that is read from it. Raises UnreadablePicture, also for errors inside."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UnreadablePicture(path, words_of(error)) from error


def read_size(path: Path) -> Size:
    """Returns the size in pixels that the file states. Raises UnreadablePicture, also for other kinds of files."""
    with opened(path) as file:
        return size_in(file, path)


def size_in(file: BinaryIO, path: Path) -> Size:
    """Returns `read_size` of a file that is open. Raises UnreadablePicture."""
    file.seek(0)
    try:
        size = _size(file)
    except ValueError as error:
        raise UnreadablePicture(path, str(error)) from error
    except (struct.error, IndexError) as error:
        raise UnreadablePicture(path, tr("the file is cut off")) from error
    if size is None:
        raise UnreadablePicture(path, tr("it is not a PNG, JPEG, WebP or AVIF picture"))
    if not size.width or not size.height:
        raise UnreadablePicture(path, tr("the file is damaged"))
    return size


def _size(file: BinaryIO) -> Size | None:
    start = file.read(32)
    if start.startswith(_PNG):
        return Size(*struct.unpack_from(">II", start, 16))
    if start.startswith(_JPEG):
        return _jpeg_size(file)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return _webp_size(start)
    if start[4:12] in (b"ftypavif", b"ftypavis"):
        return _avif_size(start + file.read(_MOST_AVIF_BYTES))
    return None


def jpeg_parts(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yields marker and length of each part before the pixels, standing at its content. Raises ValueError."""
    place = 2
    for _ in range(_MOST_PARTS):
        file.seek(place)
        mark, kind = struct.unpack(">BB", file.read(2))
        if mark != 0xFF:
            raise ValueError(tr("the file is damaged"))
        if kind in (_START_OF_PIXELS, _END):
            return
        if kind == 0xFF:  # a filling byte
            place += 1
        elif kind in _MARKERS_WITHOUT_LENGTH:
            place += 2
        else:
            length = max(*struct.unpack(">H", file.read(2)), 2)
            yield kind, length - 2
            place += 2 + length
    raise ValueError(tr("it has more than {most_parts} parts", most_parts=_MOST_PARTS))


def _jpeg_size(file: BinaryIO) -> Size | None:
    for kind, _ in jpeg_parts(file):
        if kind in _START_OF_FRAME:
            height, width = struct.unpack(">xHH", file.read(5))
            return Size(width, height)
    return None


def _webp_size(start: bytes) -> Size | None:
    match start[12:16]:
        case b"VP8X":
            return Size(*(int.from_bytes(start[place : place + 3], "little") + 1 for place in (24, 27)))
        case b"VP8L":
            bits = struct.unpack_from("<I", start, 21)[0]
            return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", start, 26)
            return Size(width & 0x3FFF, height & 0x3FFF)
        case _:
            return None


def _avif_size(start: bytes) -> Size | None:
    """Returns the largest spatial extent (``ispe``, ISO/IEC 23008-12, 6.5.3); the others belong to parts."""
    found: list[tuple[int, int]] = []
    place = start.find(b"ispe")
    while place >= 0 and len(found) < _MOST_PARTS:
        found.append(struct.unpack_from(">II", start, place + 8))
        place = start.find(b"ispe", place + 4)
    return Size(*max(found, key=lambda size: size[0] * size[1])) if found else None
