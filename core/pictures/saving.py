"""Saves pictures under new names; no picture is ever overwritten or half written."""

from datetime import datetime
from itertools import count
from pathlib import Path

from core.files.atomic import DISK, FileSystem, first_free, write_file, write_new_file
from core.pictures.file_names import day_folder, picture_stem
from core.pictures.metadata import encode_for, encode_png
from core.pictures.picture import GeneratedImage


def save(image: GeneratedImage, folder: Path, now: datetime | None = None, disk: FileSystem = DISK) -> Path:
    """Saves a picture as PNG in the day's folder inside the pictures folder, and returns its path.

    Folders are made as needed. Raises SaveFailed with the system's words; nothing half-written is left then.
    """
    now = now or datetime.now().astimezone()
    return save_in(image, folder / day_folder(now), now, disk)


def save_in(image: GeneratedImage, folder: Path, now: datetime | None = None, disk: FileSystem = DISK) -> Path:
    """Saves a picture as PNG in this folder under a new name, and returns its path. Raises SaveFailed."""
    now = now or datetime.now().astimezone()
    content = encode_png(image, now)
    prompt, seed = image.request.prompt, image.request.seed
    paths = (folder / f"{picture_stem(prompt, seed, now, copy)}.png" for copy in count(1))
    return first_free(lambda path: write_new_file(path, content, disk), paths)


def save_as(image: GeneratedImage, path: Path, now: datetime | None = None, disk: FileSystem = DISK) -> None:
    """Saves a picture as exactly this file, in the format that its suffix names, in place of an older one.

    Raises SaveFailed.
    """
    write_file(path, encode_for(path, image, now or datetime.now().astimezone()), disk)
