"""Decodes pictures of unknown origin: what they may cost is found out before memory is taken.

PNG files are given to the decoder without their texts and other extras, which may be huge and are not needed.
"""

import struct
import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from core.errors import UnreadablePicture
from core.files.atomic import words_of
from core.files.sizes import size_text
from core.language.words import tr
from core.pictures.dimensions import read_size
from core.request.request import Size

DAMAGED = tr("the file is damaged")
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")
LARGEST_FILE = 256 * 2**20
MOST_PIXELS = 90_000_000
MOST_CHUNKS = 100_000
_UNSUSPICIOUS_BYTES = 64 * 2**20
_MOST_GROWTH = 200
_PNG = b"\x89PNG\r\n\x1a\n"
_NEEDED_CHUNKS = {b"IHDR", b"acTL", b"PLTE", b"tRNS", b"IDAT", b"eXIf"}
_END = struct.pack(">I4sI", 0, b"IEND", 0xAE426082)
_WHITE = (255, 255, 255, 255)


def open_picture(path: Path, around_px: int | None = None) -> Image.Image:
    """Returns the picture upright, as RGB or RGBA, with all its pixels decoded.

    With ``around_px`` a large JPEG may come smaller, but no side shorter than that. Raises UnreadablePicture.
    """
    size = read_size(path)
    try:
        with path.open("rb") as file:
            _check(path, size, file.seek(0, 2))
            return decoded(path, file, FORMATS, around_px)
    except OSError as error:
        raise UnreadablePicture(path, words_of(error)) from error


def decoded(
    path: Path,
    file: BinaryIO,
    formats: tuple[str, ...],
    around_px: int | None = None,
    unknown: str = DAMAGED,
    *,
    is_still: bool = False,
) -> Image.Image:
    """Returns `open_picture` of a file that is open. Raises UnreadablePicture; ``unknown`` for other formats.

    With ``is_still`` a moving picture is refused, else its first frame is taken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # damaged extras, such as EXIF, do not matter
            with Image.open(_needed(path, file), formats=formats) as opened:
                if is_still:
                    _check_still(path, opened)
                if around_px is not None:
                    opened.draft("RGB", (around_px, around_px))
                opened.load()
                return _plain(ImageOps.exif_transpose(opened))
    except (UnreadablePicture, MemoryError):
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        most = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise UnreadablePicture(path, tr("it has more than {most} million pixels", most=most)) from error
    except Image.UnidentifiedImageError as error:
        raise UnreadablePicture(path, unknown) from error
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise UnreadablePicture(path, DAMAGED) from error


def is_moving(path: Path) -> bool:
    """Returns True for a picture that moves or has several pages; False for what cannot be read at all."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(_needed(path, file)) as opened:
                return _has_frames(opened)
    except Exception:  # noqa: BLE001 - decoders of damaged files raise nearly anything; the reader tells it
        return False


def _has_frames(opened: Image.Image) -> bool:
    return bool(getattr(opened, "is_animated", False))


def _check_still(path: Path, opened: Image.Image) -> None:
    if _has_frames(opened):
        raise UnreadablePicture(path, tr("it is a moving picture, or has several pages"))


def flattened(picture: Image.Image) -> Image.Image:
    """In RGB, with white where it is transparent."""
    if picture.mode == "RGB":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, _WHITE), picture).convert("RGB")


def _check(path: Path, size: Size, file_bytes: int) -> None:
    pixels = size.width * size.height
    if file_bytes > LARGEST_FILE:
        raise UnreadablePicture(path, tr("it is larger than {size}", size=size_text(LARGEST_FILE)))
    if pixels > MOST_PIXELS:
        raise UnreadablePicture(
            path, tr("it has more than {most_pixels} million pixels", most_pixels=MOST_PIXELS // 1000000)
        )
    if 3 * pixels > max(_UNSUSPICIOUS_BYTES, _MOST_GROWTH * file_bytes):
        raise UnreadablePicture(path, tr("it would unpack to far more than a picture of its file's size does"))


def _needed(path: Path, file: BinaryIO) -> BinaryIO:
    """Returns the file, a PNG without its texts and other extras."""
    file_bytes = file.seek(0, 2)
    file.seek(0)
    if file.read(len(_PNG)) != _PNG:
        file.seek(0)
        return file
    content = BytesIO()
    content.write(_PNG)
    for _ in range(MOST_CHUNKS):
        head = file.read(8)
        length, kind = struct.unpack(">I4s", head) if len(head) == 8 else (file_bytes + 1, b"")
        if length > file_bytes:  # also before as much memory is taken
            raise UnreadablePicture(path, tr("the file is cut off"))
        if kind == b"IEND":
            content.write(_END)
            content.seek(0)
            return content
        if kind in _NEEDED_CHUNKS:
            content.write(head)
            content.write(file.read(length + 4))
        else:
            file.seek(length + 4, 1)
    raise UnreadablePicture(path, tr("it has more than {most_chunks} parts", most_chunks=MOST_CHUNKS))


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        grey = np.asarray(picture, np.float32) / 257
        return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
