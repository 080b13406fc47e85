"""Saves pictures under new names; no picture is ever overwritten or half written."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import count
from pathlib import Path
from typing import cast

from core.errors import InvalidRequest, SaveFailed
from core.files.atomic import DISK, FileSystem, first_free, write_file, write_new_file
from core.pictures.file_names import DEFAULT_PATTERN, check_pattern, day_folder, enlarged_stem, picture_stem
from core.pictures.metadata import encode_for, encode_png
from core.pictures.picture import GeneratedImage
from core.request.request import Size


class PictureFormat(Enum):
    """The formats of finished pictures, by the endings of their names; PNG and this WebP lose nothing."""

    png = ".png"
    webp = ".webp"
    jpeg = ".jpg"


@dataclass(frozen=True, slots=True)
class SavingRules:
    """Format and names of finished pictures, see `core.pictures.file_names.FIELDS` for the pattern."""

    format: PictureFormat = PictureFormat.png
    pattern: str = DEFAULT_PATTERN


DEFAULT_RULES = SavingRules()


def rules_to_json(rules: SavingRules) -> dict[str, str]:
    return {"format": rules.format.name, "pattern": rules.pattern}


def rules_from_json(value: object) -> SavingRules:
    """Reads what `rules_to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    content = cast("dict[str, str]", value) if isinstance(value, dict) else {}
    try:
        check_pattern(content["pattern"])
    except InvalidRequest as error:
        raise ValueError(str(error)) from error
    return SavingRules(PictureFormat[content["format"]], content["pattern"])


def save(
    image: GeneratedImage,
    folder: Path,
    now: datetime | None = None,
    disk: FileSystem = DISK,
    rules: SavingRules = DEFAULT_RULES,
) -> Path:
    """Saves a picture in the day's folder inside the pictures folder, and returns its path.

    Folders are made as needed. Raises SaveFailed with the system's words; nothing half-written is left then.
    """
    now = now or datetime.now().astimezone()
    return save_in(image, folder / day_folder(now), now, disk, rules)


def save_in(
    image: GeneratedImage,
    folder: Path,
    now: datetime | None = None,
    disk: FileSystem = DISK,
    rules: SavingRules = DEFAULT_RULES,
) -> Path:
    """Saves a picture in this folder under a new name, and returns its path. Raises SaveFailed.

    One that was enlarged is called as the file that it was made from, with its size. A picture for which JPEG or
    WebP have no room, by its size or its prompt, becomes a PNG file.
    """
    now, suffix = now or datetime.now().astimezone(), rules.format.value
    try:
        content = encode_for(folder / f"picture{suffix}", image, now)
    except SaveFailed:
        content, suffix = encode_png(image, now), ".png"
    stems = (picture_stem(image.request, now, copy, rules.pattern) for copy in count(1))
    if (origin := image.recipe.enlarged_from) is not None:
        size = Size(image.pixels.shape[1], image.pixels.shape[0])
        stems = (enlarged_stem(origin.name, size, copy) for copy in count(1))
    paths = (folder / f"{stem}{suffix}" for stem in stems)
    return first_free(lambda path: write_new_file(path, content, disk), paths)


def save_as(
    image: GeneratedImage,
    path: Path,
    now: datetime | None = None,
    disk: FileSystem = DISK,
    *,
    has_recipe: bool = True,
) -> None:
    """Saves a picture as exactly this file, in the format that its suffix names, in place of an older one.

    Raises SaveFailed.
    """
    content = encode_for(path, image, now or datetime.now().astimezone(), has_recipe=has_recipe)
    write_file(path, content, disk)
