"""Animated PNG: lossless; see https://www.w3.org/TR/png-3/#11acTL."""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ACTL_OFFSET = len(_SIGNATURE) + 12 + 13  # after the chunk IHDR
_LONGEST_MS = 65535


class ApngFile:
    """Writes one picture after the other; the number of pictures is filled in at the end."""

    def __init__(self, path: Path, size: tuple[int, int], _duration_ms: int) -> None:
        self._size = size
        self._pictures = 0
        self._sequence = 0
        self._file = path.open("wb")

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        png = io.BytesIO()
        picture.save(png, "PNG")
        chunks = list(_chunks(png.getvalue()))
        if self._pictures == 0:
            self._file.write(_SIGNATURE + _chunk(b"IHDR", chunks[0][1]) + self._animation_control())
        self._file.write(_chunk(b"fcTL", self._frame_control(duration_ms)))
        for kind, content in chunks:
            if kind == b"IDAT" and self._pictures == 0:
                self._file.write(_chunk(b"IDAT", content))
            elif kind == b"IDAT":
                self._file.write(_chunk(b"fdAT", self._next_number() + content))
        self._pictures += 1

    def finish(self) -> None:
        self._file.write(_chunk(b"IEND", b""))
        self._file.seek(_ACTL_OFFSET)
        self._file.write(self._animation_control())
        self._file.close()

    def abandon(self) -> None:
        self._file.close()

    def _animation_control(self) -> bytes:
        return _chunk(b"acTL", struct.pack(">II", self._pictures, 0))

    def _frame_control(self, duration_ms: int) -> bytes:
        return self._next_number() + struct.pack(
            ">IIIIHHBB", *self._size, 0, 0, min(duration_ms, _LONGEST_MS), 1000, 0, 0
        )

    def _next_number(self) -> bytes:
        number = struct.pack(">I", self._sequence)
        self._sequence += 1
        return number


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = len(_SIGNATURE)
    while offset < len(png):
        (length,) = struct.unpack_from(">I", png, offset)
        yield png[offset + 4 : offset + 8], png[offset + 8 : offset + 8 + length]
        offset += 12 + length
