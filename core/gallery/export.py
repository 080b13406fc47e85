"""Writes chosen pictures for other people: as files, as a zip file, or as a contact sheet."""

import math
import zipfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO, cast

from PIL import Image

from core.errors import UnreadablePicture
from core.files.atomic import DISK, FileSystem, first_free, write_file, write_new_file, writing
from core.film_export.formats.contact_sheet import BACKGROUND, GAP_PX, WIDEST_PX, layout
from core.gallery.encoding import Encoding, encoded
from core.gallery.thumbnails import thumbnail

MOST_ON_SHEET = 1_000
LARGEST_CELL_PX = 512


@dataclass(frozen=True, slots=True)
class Exported:
    """``done`` of ``total`` pictures are through.

    Attributes:
        picture: the one that this is about.
        target: the file it was written to, in a zip file its name there; None when it could not be read.
        problem: why it could not be read, or "".
    """

    done: int
    total: int
    picture: Path
    target: Path | None
    problem: str = ""


Export = Generator[Exported, None, None]
"""Closing it cancels; files that are complete stay, a zip file or a sheet leaves nothing behind."""


def export_files(pictures: Sequence[Path], folder: Path, encoding: Encoding, disk: FileSystem = DISK) -> Export:
    """Writes each picture as a file in the folder; no file is ever replaced. Raises SaveFailed."""
    for number, (picture, content, suffix) in enumerate(_contents(pictures, encoding), 1):
        if isinstance(content, UnreadablePicture):
            yield Exported(number, len(pictures), picture, None, content.reason)
            continue
        names = _names(picture, number, suffix, encoding)
        target = first_free(partial(write_new_file, content=content, disk=disk), (folder / name for name in names))
        yield Exported(number, len(pictures), picture, target)


def export_zip(pictures: Sequence[Path], path: Path, encoding: Encoding, disk: FileSystem = DISK) -> Export:
    """Writes the pictures into one zip file, in place of an older one. Raises SaveFailed."""
    names: set[str] = set()
    with writing(path, disk) as file, zipfile.ZipFile(cast("IO[bytes]", file), "w") as archive:
        for number, (picture, content, suffix) in enumerate(_contents(pictures, encoding), 1):
            if isinstance(content, UnreadablePicture):
                yield Exported(number, len(pictures), picture, None, content.reason)
                continue
            free = (name for name in _names(picture, number, suffix, encoding) if name.casefold() not in names)
            name = next(free)
            names.add(name.casefold())
            archive.writestr(name, content)
            yield Exported(number, len(pictures), picture, Path(name))


def export_sheet(pictures: Sequence[Path], path: Path, disk: FileSystem = DISK) -> Export:
    """Lays the pictures out on one page, a PNG without recipes, in place of an older one. Raises SaveFailed."""
    shown = pictures[:MOST_ON_SHEET]
    columns, rows = layout(len(shown), (1, 1))
    cell = min(LARGEST_CELL_PX, (WIDEST_PX - GAP_PX) // columns - GAP_PX)
    page = Image.new("RGB", (GAP_PX + columns * (cell + GAP_PX), GAP_PX + rows * (cell + GAP_PX)), BACKGROUND)
    for number, picture in enumerate(shown, 1):
        problem = ""
        try:
            small = thumbnail(picture, cell)
        except UnreadablePicture as error:
            problem = error.reason
        else:
            row, column = divmod(number - 1, columns)
            left = GAP_PX + column * (cell + GAP_PX) + (cell - small.width) // 2
            upper = GAP_PX + row * (cell + GAP_PX) + (cell - small.height) // 2
            page.paste(small, (left, upper))
        if number == len(shown):
            content = BytesIO()
            page.save(content, "PNG")
            write_file(path, content.getvalue(), disk)
        yield Exported(number, len(shown), picture, None if problem else path, problem)


def _contents(
    pictures: Sequence[Path], encoding: Encoding
) -> Iterator[tuple[Path, bytes | UnreadablePicture, str]]:
    for picture in pictures:
        try:
            content, suffix = encoded(picture, encoding)
        except UnreadablePicture as error:
            yield picture, error, ""
        else:
            yield picture, content, suffix


def _names(picture: Path, number: int, suffix: str, encoding: Encoding) -> Iterator[str]:
    """Yields a file's name, and others if it is taken; a picture's own name has words of its prompt."""
    stem = picture.stem if encoding.has_recipe else f"picture-{number:0{max(3, int(math.log10(number)) + 1)}}"
    yield f"{stem}{suffix}"
    yield from (f"{stem}-{copy}{suffix}" for copy in count(2))
