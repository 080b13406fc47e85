"""The files of ``emulsion generate``: the meaning of ``-o``, and a last resort if saving fails."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from core.errors import InvalidRequest, SaveFailed
from core.files.atomic import check_writable
from core.language.words import tr
from core.pictures import saving
from core.pictures.metadata import SUFFIXES
from core.pictures.picture import GeneratedImage
from core.settings.settings import Settings


def output_of(output: str | None, count: int, settings: Settings) -> Callable[[GeneratedImage], Path]:
    """Finds out what ``-o`` means, and that it can be written. Raises InvalidRequest or SaveFailed."""
    if output is None:
        check_writable(settings.pictures)
        return lambda image: saving.save(image, settings.pictures, rules=settings.saving)
    path = Path(output).expanduser()
    if path.is_dir() or (count > 1 and not path.exists() and path.suffix.lower() not in SUFFIXES):
        check_writable(path)
        return lambda image: saving.save_in(image, path, rules=settings.saving)
    if count > 1:
        raise InvalidRequest("output", output, tr("a folder, because there is more than one picture"))
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidRequest(
            "output",
            output,
            tr("a file ending in {suffixes}, or a folder that exists", suffixes=", ".join(SUFFIXES)),
        )
    if not path.parent.is_dir():
        raise InvalidRequest("output", output, tr("a file in a folder that exists"))
    check_writable(path.parent)

    def save_there(image: GeneratedImage) -> Path:
        saving.save_as(image, path)
        return path

    return save_there


def save_or_rescue(save: Callable[[GeneratedImage], Path], image: GeneratedImage) -> Path:
    """Saves a picture. When that fails it is kept in the system's folder for temporary files, if that works.

    Raises SaveFailed.
    """
    try:
        return save(image)
    except SaveFailed as error:
        try:
            kept = saving.save_in(image, Path(tempfile.gettempdir()))
        except (SaveFailed, OSError):
            raise error from None
        raise SaveFailed(
            error.path, tr("{reason}; the picture is kept as {kept}", reason=error.reason, kept=kept)
        ) from error
