"""Animated WebP: small and good; see https://developers.google.com/speed/webp/docs/riff_container."""

import io
import struct
from pathlib import Path

from PIL import Image

QUALITY = 90
_ANIMATION_FLAG = 0x02
_DO_NOT_BLEND = 0x02
_LONGEST_MS = 2**24 - 1


class WebpFile:
    """Writes one picture after the other; the length of the file is filled in at the end."""

    def __init__(self, path: Path, size: tuple[int, int], _duration_ms: int) -> None:
        self._size = size
        self._file = path.open("wb")
        self._file.write(b"RIFF\0\0\0\0WEBP")
        canvas = _bytes24(size[0] - 1) + _bytes24(size[1] - 1)
        self._file.write(_chunk(b"VP8X", struct.pack("<I", _ANIMATION_FLAG) + canvas))
        self._file.write(_chunk(b"ANIM", struct.pack("<IH", 0, 0)))

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        webp = io.BytesIO()
        picture.save(webp, "WEBP", quality=QUALITY)
        width, height = self._size
        place = _bytes24(0) + _bytes24(0) + _bytes24(width - 1) + _bytes24(height - 1)
        header = place + _bytes24(min(duration_ms, _LONGEST_MS)) + bytes([_DO_NOT_BLEND])
        self._file.write(_chunk(b"ANMF", header + webp.getvalue()[12:]))

    def finish(self) -> None:
        length = self._file.tell()
        self._file.seek(4)
        self._file.write(struct.pack("<I", length - 8))
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _bytes24(value: int) -> bytes:
    return value.to_bytes(3, "little")
