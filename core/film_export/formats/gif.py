"""Animated GIF: plays everywhere; 256 colours for each picture; see https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""

import io
import struct
from pathlib import Path

from PIL import Image

_LOOP_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_HEADER_LENGTH = 13
_DESCRIPTOR_LENGTH = 10
_LEAVE_IN_PLACE = 1 << 2
_LONGEST_CS = 65535
_SAMPLE_PX = 96


class GifFile:
    """Writes one picture after the other, each with a table of its own best colours."""

    def __init__(self, path: Path, size: tuple[int, int], _duration_ms: int) -> None:
        self._file = path.open("wb")
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0) + _LOOP_FOR_EVER)

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        gif = io.BytesIO()
        _with_256_colours(picture).save(gif, "GIF", optimize=False, interlace=0)
        delay_cs = min(round(duration_ms / 10), _LONGEST_CS)
        self._file.write(b"\x21\xf9\x04" + struct.pack("<BHB", _LEAVE_IN_PLACE, delay_cs, 0) + b"\0")
        self._file.write(_image_block(gif.getvalue()))

    def finish(self) -> None:
        self._file.write(b"\x3b")
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


def _with_256_colours(picture: Image.Image) -> Image.Image:
    """Reduces to the best colours of a small copy, dithered: better and faster than those of the whole."""
    part = min(1.0, _SAMPLE_PX / max(picture.size))
    size = max(round(picture.width * part), 1), max(round(picture.height * part), 1)
    sample = picture.resize(size, Image.Resampling.NEAREST)
    return picture.quantize(palette=sample.quantize(256, kmeans=1), dither=Image.Dither.FLOYDSTEINBERG)


def _image_block(gif: bytes) -> bytes:
    """Returns the only image of a GIF file, with the file's table of colours as its own."""
    packed = gif[10]
    table = gif[_HEADER_LENGTH : _HEADER_LENGTH + 3 * 2 ** ((packed & 7) + 1)]
    offset = _HEADER_LENGTH + len(table)
    while gif[offset] == 0x21:  # an extension: its label, then blocks up to an empty one
        offset += 2
        while gif[offset]:
            offset += gif[offset] + 1
        offset += 1
    descriptor = gif[offset : offset + _DESCRIPTOR_LENGTH - 1] + bytes([0x80 | (packed & 7)])
    return descriptor + table + gif[offset + _DESCRIPTOR_LENGTH : -1]
