"""The recipe in the lowest bits of a PNG's pixels, which survives where web sites take the texts away.

Forge, NovelAI and SwarmUI write it: column by column, a mark, the length in bits (32 bits, the highest first),
then the text, packed with gzip or not; in the alpha channel, or in red, green and blue of each pixel
(``modules/stealth_infotext.py`` of Forge).
"""

from __future__ import annotations

import warnings
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.text_chunks import LARGEST_TEXT

LARGEST_PIXELS = 32 * 2**20
_MARK_BYTES = len(b"stealth_pnginfo")
_LENGTH_BYTES = 4
_GZIP = 16 + zlib.MAX_WBITS


def read_stealth(path: Path) -> str:
    """The text, "" where there is none; files from anywhere are expected."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG",)) as picture:
                if picture.mode not in ("RGBA", "RGB") or picture.width * picture.height > LARGEST_PIXELS:
                    return ""
                pixels = np.asarray(picture).transpose(1, 0, 2)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        return ""
    if pixels.shape[2] == 4 and (text := _text(pixels[:, :, 3], b"stealth_png")):
        return text
    return _text(pixels[:, :, :3], b"stealth_rgb")


def _text(values: NDArray[np.uint8], mark: bytes) -> str:
    begin = _bytes(values, 0, _MARK_BYTES + _LENGTH_BYTES)
    kind = begin[len(mark) : _MARK_BYTES]
    length = int.from_bytes(begin[_MARK_BYTES:]) // 8
    if not begin.startswith(mark) or kind not in (b"info", b"comp") or not 0 < length <= LARGEST_TEXT:
        return ""
    content = _bytes(values, len(begin), length)
    if kind == b"comp":
        inflater = zlib.decompressobj(_GZIP)
        try:
            content = inflater.decompress(content, LARGEST_TEXT)
        except zlib.error:
            return ""
        if not inflater.eof:
            return ""
    return content.decode("utf-8", "replace")


def _bytes(values: NDArray[np.uint8], start: int, length: int) -> bytes:
    """Bytes from the lowest bits, in the order of the values; fewer at the end."""
    deep = values.shape[2] if values.ndim == 3 else 1
    rows = -(-8 * (start + length) // (values.shape[1] * deep))  # only the columns that are needed
    bits = (values[:rows] & 1).reshape(-1)[8 * start : 8 * (start + length)]
    return np.packbits(bits).tobytes()
