"""Reads the texts in PNG, JPEG, WebP and AVIF files by its own walk over the parts of a file.

Pictures come from anywhere: nothing is decoded, and every size and count is bounded before memory is taken. A text
that is too large or damaged is passed over, and the others are read.
Follows the PNG specification (third edition, chapters 5 and 11), JPEG's APP1 segment and WebP's RIFF container.
"""

import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from PIL import Image

from core.errors import UnreadablePicture
from core.files.sizes import size_text
from core.language.words import tr
from core.pictures import exif
from core.pictures.dimensions import jpeg_parts, opened
from core.pictures.exif import LARGEST_TEXT

LARGEST_SUM = 4 * 2**20
LARGEST_EXIF = 16 * 2**20
"""EXIF data holds several texts; those that are too large are passed over one by one."""
LARGEST_AVIF = 256 * 2**20
MOST_CHUNKS = 1_000
MOST_PIXEL_CHUNKS = 100_000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_EXIF_PART = 0xE1


def read_texts(path: Path) -> Mapping[str, str]:
    """Returns the texts by keyword; an EXIF comment counts as ``parameters``, a description as ``emulsion``.

    Raises UnreadablePicture.
    """
    with opened(path) as file:
        return texts_in(file, path)


def texts_in(file: BinaryIO, path: Path) -> Mapping[str, str]:
    """Returns `read_texts` of a file that is open. Raises UnreadablePicture."""
    file.seek(0)
    start = file.read(12)
    try:
        if start.startswith(_PNG):
            return _bounded(_png_texts(file))
        if start.startswith(_JPEG):
            return _bounded(_jpeg_texts(file))
        if start[:4] == b"RIFF" and start[8:] == b"WEBP":
            return _bounded(_webp_texts(file))
        if start[4:12] in (b"ftypavif", b"ftypavis"):
            return _bounded(_avif_texts(file))
    except (ValueError, struct.error, zlib.error) as error:
        reason = str(error) if type(error) is ValueError else tr("the file is damaged")
        raise UnreadablePicture(path, reason) from error
    raise UnreadablePicture(path, tr("it is not a PNG, JPEG, WebP or AVIF picture"))


_Found = Iterator[tuple[str, str] | ValueError]
"""Texts by keyword, and reasons why one was passed over."""


def _bounded(texts: _Found) -> dict[str, str]:
    """Collects the first text of each keyword, as many as fit. Raises ValueError if all were passed over."""
    found: dict[str, str] = {}
    problem: ValueError | None = None
    total = 0
    for item in texts:
        if isinstance(item, ValueError):
            problem = item
        elif item[0] not in found:
            total += len(item[1])
            if total > LARGEST_SUM:
                break
            found[item[0]] = item[1]
    if problem is not None and not found:
        raise problem
    return found


def _read(
    reader: Callable[[bytes], Mapping[str, str]], file: BinaryIO, length: int, largest: int = LARGEST_TEXT
) -> _Found:
    """The texts in a part of the file, which ends where the part does."""
    if length > largest:
        file.seek(length, 1)
        yield _too_large(largest)
        return
    content = file.read(length)
    if len(content) < length:
        raise ValueError(tr("the file is cut off"))
    try:
        yield from reader(content).items()
    except (ValueError, struct.error, zlib.error) as error:
        yield error if type(error) is ValueError else ValueError(tr("the file is damaged"))


def _too_large(largest: int = LARGEST_TEXT) -> ValueError:
    return ValueError(tr("it carries a text of more than {size}", size=size_text(largest)))


def _png_texts(file: BinaryIO) -> _Found:
    file.seek(len(_PNG))
    chunks = pixel_chunks = 0
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind == b"IDAT":
            pixel_chunks += 1
        else:
            chunks += 1
        if chunks > MOST_CHUNKS or pixel_chunks > MOST_PIXEL_CHUNKS:
            raise ValueError(tr("it has more than {most_chunks} parts", most_chunks=MOST_CHUNKS))
        if kind in _PNG_READERS:
            largest = LARGEST_EXIF if kind == b"eXIf" else LARGEST_TEXT
            yield from _read(_PNG_READERS[kind], file, length, largest)
            file.seek(4, 1)  # the checksum
        else:
            file.seek(length + 4, 1)
    raise ValueError(tr("the file is cut off"))


def _plain_text(content: bytes) -> dict[str, str]:
    keyword, _, text = content.partition(b"\0")
    return {keyword.decode("latin-1"): _latin_or_utf8(text)}


def _compressed_text(content: bytes) -> dict[str, str]:
    keyword, _, rest = content.partition(b"\0")
    return {keyword.decode("latin-1"): _latin_or_utf8(_inflate(rest[1:]))}


def _international_text(content: bytes) -> dict[str, str]:
    keyword, _, rest = content.partition(b"\0")
    is_compressed, rest = rest[:1] == b"\1", rest[2:]
    _language, _, rest = rest.partition(b"\0")
    _translated, _, text = rest.partition(b"\0")
    return {keyword.decode("latin-1"): (_inflate(text) if is_compressed else text).decode("utf-8", "replace")}


_PNG_READERS = MappingProxyType(
    {b"tEXt": _plain_text, b"zTXt": _compressed_text, b"iTXt": _international_text, b"eXIf": exif.texts}
)


def _jpeg_texts(file: BinaryIO) -> _Found:
    for kind, length in jpeg_parts(file):
        if kind == _EXIF_PART:
            yield from _read(_jpeg_exif, file, length)


def _webp_texts(file: BinaryIO) -> _Found:
    file.seek(12)
    for _ in range(MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        if kind == b"EXIF":
            yield from _read(_riff_exif, file, length, LARGEST_EXIF)
            file.seek(length % 2, 1)
        else:
            file.seek(length + length % 2, 1)
    raise ValueError(tr("it has more than {most_chunks} parts", most_chunks=MOST_CHUNKS))


def _avif_texts(file: BinaryIO) -> _Found:
    """Yields the texts of an AVIF file, whose EXIF data Pillow finds without decoding the picture."""
    if file.seek(0, 2) > LARGEST_AVIF:
        raise ValueError(tr("it is larger than {size}", size=size_text(LARGEST_AVIF)))
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=("AVIF",)) as picture:
                data: bytes = picture.info.get("exif", b"")
    except (SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ValueError(tr("the file is damaged")) from error
    if data:
        yield from _read(_riff_exif, BytesIO(data), len(data), LARGEST_EXIF)


def _jpeg_exif(content: bytes) -> Mapping[str, str]:
    return exif.texts(content[6:]) if content.startswith(b"Exif\0\0") else {}


def _riff_exif(content: bytes) -> Mapping[str, str]:
    return exif.texts(content.removeprefix(b"Exif\0\0"))


def _inflate(content: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(content, LARGEST_TEXT + 1)
    if len(text) > LARGEST_TEXT:
        raise _too_large()
    return text


def _latin_or_utf8(text: bytes) -> str:
    """Decodes Latin-1, as specified, or UTF-8, which some programs write and Latin-1 hardly ever resembles."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
