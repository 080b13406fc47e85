"""The file formats that a film can be exported to, written picture by picture, so that exports can be stopped.

Pillow compresses the single pictures, but writes animations only in one go; the containers around them are small
and are put together here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from PIL import Image

from core.film_export.formats.apng import ApngFile
from core.film_export.formats.contact_sheet import LARGEST_PICTURE_PX, ContactSheet
from core.film_export.formats.gif import GifFile
from core.film_export.formats.mp4 import Mp4File
from core.film_export.formats.webp import WebpFile
from core.language.words import tr


class FilmFile(Protocol):
    """A file that is being written. After `finish` or `abandon` it is closed."""

    def add(self, picture: Image.Image, duration_ms: int) -> None:
        """Adds the next picture: RGB, of the size given at the beginning."""
        ...

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FilmFormat:
    """A format of the table.

    Attributes:
        open: makes a file for pictures of a size (width, height), each shown for about so many milliseconds.
        largest_px: of width and height.
        size_step: widths and heights are multiples of this.
    """

    label: str
    suffix: str
    open: Callable[[Path, tuple[int, int], int], FilmFile]
    largest_px: int
    size_step: int = 1


FORMATS: Mapping[str, FilmFormat] = MappingProxyType(
    {
        "webp": FilmFormat(tr("Animated WebP"), ".webp", WebpFile, 16383),
        "mp4": FilmFormat(tr("Video (MP4)"), ".mp4", Mp4File, 4096, size_step=2),
        "gif": FilmFormat(tr("Animated GIF"), ".gif", GifFile, 8192),
        "apng": FilmFormat(tr("Animated PNG"), ".apng", ApngFile, 16383),
        "sheet": FilmFormat(tr("Contact sheet (PNG)"), ".png", ContactSheet, LARGEST_PICTURE_PX),
    }
)
