"""The picture that a run begins with instead of noise: read safely, cut and scaled to the request's size."""

import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from core.errors import SaveFailed, UnreadablePicture
from core.files.atomic import TEMPORARY_PREFIX, words_of, write_file
from core.files.sizes import size_text
from core.language.words import tr
from core.paths import Folders
from core.pictures.opening import LARGEST_FILE, decoded, flattened
from core.pictures.pixels import Pixels
from core.request.control import Control, MapEdits
from core.request.request import GenerationRequest, Mask, Reference, Size, Source

_NAME_DIGITS = 10
"""Digits of a hash, the number that the ``parameters`` text tells."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MOST_FOLDERS = 1000
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SourcePicture:
    """A source that was read: pixels of the requested size, and the SHA-256 of the file's whole content.

    ``original`` is the size of the upright picture in the file.
    """

    pixels: Pixels
    sha256: str
    original: Size


def read_source(source: Source, size: Size) -> SourcePicture:
    """Reads a picture upright and in RGB, cut to the shape of ``size`` around its middle.

    What is transparent becomes white; of a moving picture the first frame is taken.

    Raises UnreadablePicture, also when the file is not the one whose hash ``source`` has.
    """
    original, sha256 = _read(source)
    picture = ImageOps.fit(original, (size.width, size.height), Image.Resampling.LANCZOS)
    return SourcePicture(np.asarray(picture), sha256, Size(*original.size))


def read_whole(source: Source | Control) -> tuple[Pixels, str]:
    """Returns a picture upright and in RGB, in its own size, and its SHA-256. Raises as `read_source` does."""
    original, sha256 = _read(source)
    return np.asarray(original), sha256


def _read(source: Source | Control) -> tuple[Image.Image, str]:
    path = Path(source.path)
    content = content_of(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if not sha256.startswith(source.sha256):
        raise UnreadablePicture(path, tr("it has changed since the recipe was written; choose it again"))
    unknown = tr("it is not a {formats} or {last} picture", formats=", ".join(FORMATS[:-1]), last=FORMATS[-1])
    return flattened(decoded(path, BytesIO(content), FORMATS, unknown=unknown)), sha256


Named = TypeVar("Named", Source, Mask, Reference, Control, MapEdits)


def found(source: Named, folders: Iterable[Path]) -> Named:
    """Returns it with its path if a file of its hash lies in one of the folders; else unchanged.

    The file has its name, or is the copy that `keep_sources` made. Without a hash any file of this name could be
    meant, so none is taken.
    """
    if source.path and source.sha256:
        for path in (
            path for folder in folders for path in (folder / source.path, *_copies(folder, source.sha256))
        ):
            try:
                if hashlib.sha256(content_of(path)).hexdigest().startswith(source.sha256):
                    return replace(source, path=str(path.absolute()))
            except UnreadablePicture:
                continue
    return source


def with_found(request: GenerationRequest, folders: Iterable[Path]) -> GenerationRequest:
    """Returns a request with the places of the pictures that it names, as far as they are `found`."""
    folders = tuple(folders)
    return replace(
        request,
        source=request.source and found(request.source, folders),
        mask=request.mask and found(request.mask, folders),
        references=tuple(found(one, folders) for one in request.references),
        controls=tuple(found_with_edits(one, folders) for one in request.controls),
    )


def found_with_edits(control: Control, folders: Iterable[Path]) -> Control:
    """Returns it with the places of its picture and of what was painted over its map, as far as `found`."""
    folders = tuple(folders)
    return replace(found(control, folders), edits=control.edits and found(control.edits, folders))


def likely_folders(path: Path) -> tuple[Path, ...]:
    """Returns the folders in which pictures that a recipe or a film at this path names are looked for.

    They are its own, the others of its pictures folder, one for each day, and those of pasted ones and of copies.
    """
    pictures = path.absolute().parent.parent
    try:
        days = [folder for folder in pictures.iterdir() if _DAY.fullmatch(folder.name)]
    except OSError:
        days = []
    newest = sorted(days, reverse=True)[:MOST_FOLDERS]
    return (path.parent, pictures, *newest, Folders.default().pasted, Folders.default().sources)


def keep_sources(request: GenerationRequest, folder: Path | None) -> None:
    """Copies the pictures that a run works with, each once, into a folder that is named by its content.

    So recipes repeat when the file itself has gone. A full disk costs the copy, not the run.
    """
    if folder is None:
        return
    edits = (one.edits for one in request.controls)
    named = (request.source, request.mask, *request.references, *request.controls, *edits)
    for source in filter(None, named):
        if not source.path:  # a mask of margins alone
            continue
        try:
            content = content_of(Path(source.path))
            sha256 = hashlib.sha256(content).hexdigest()
            if not _copies(folder, sha256):
                place = copies_in(folder, sha256)
                place.mkdir(parents=True, exist_ok=True)
                write_file(place / Path(source.path).name, content)
        except (UnreadablePicture, SaveFailed, OSError) as error:
            log.info("a source picture is not kept: %s", error)


def copies_in(folder: Path, sha256: str) -> Path:
    """Returns the folder in which copies of a picture with this content are kept."""
    return folder / sha256[:_NAME_DIGITS]


def _copies(folder: Path, sha256: str) -> tuple[Path, ...]:
    try:
        files = tuple(copies_in(folder, sha256).iterdir())
    except OSError:  # there is none
        return ()
    return tuple(file for file in files if not file.name.startswith(TEMPORARY_PREFIX))


def content_of(path: Path) -> bytes:
    """Reads a picture's file. Raises UnreadablePicture, also for one that is too large."""
    try:
        if not path.is_file():
            raise UnreadablePicture(path, tr("this file does not exist"))
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise UnreadablePicture(path, words_of(error) if isinstance(error, OSError) else str(error)) from error
    if len(content) > LARGEST_FILE:
        raise UnreadablePicture(path, tr("it is larger than {size}", size=size_text(LARGEST_FILE)))
    return content
