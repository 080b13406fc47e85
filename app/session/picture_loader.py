"""Reads pictures, their thumbnails and recipes from the disk in the background, so that nothing waits."""

import heapq
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from app.messages.errors import Message, message
from app.session.background import BackgroundTasks
from app.session.failed_run import is_of_failure
from app.widgets.pixels import to_image, to_pixels
from core.errors import EmulsionError
from core.files.atomic import words_of
from core.film.reader import film_path
from core.gallery.order import batch_of, number_of
from core.language.words import tr
from core.paths import Folders
from core.pictures.metadata import SUFFIXES, read_recipe
from core.pictures.opening import flattened, open_picture
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from core.pictures.source import with_found
from core.recipes.recipe import Recipe
from core.settings.settings import RECENT_PICTURES

log = logging.getLogger(__name__)

QUEUE = "whole pictures"
"""The name of the gallery's queues for `read_picture`."""

THUMBNAIL_PX = 256
MOST_THUMBNAILS = 400
"""About 100 MB; older ones are loaded again when they come into sight."""

BADGE = "badge"
"""The text of a thumbnail that tells it from finished pictures, see `QImage.text`."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPicture:
    """A picture of the folder to be shown.

    Attributes:
        recipe: how it was made, or None if it carries none that can be read.
        film_bytes: the size of the film beside it, None where there is none.
    """

    path: Path
    image: QImage
    recipe: Recipe | None
    film_bytes: int | None = None

    @property
    def generated(self) -> GeneratedImage | None:
        """Returns the picture as it once came out of the engine, None without a recipe."""
        return GeneratedImage(to_pixels(self.image), self.recipe) if self.recipe is not None else None


class PictureLoader(QObject):
    """Reads one thing after the other.

    Attributes:
        most_recent: how many pictures `find` returns.

    Signals:
        found: paths of the newest pictures in a folder, the newest first, after `find`.
        thumbnail_loaded: the path of a picture whose thumbnail is there now.
        opened: `OpenedPicture`, after `open`.
        recipe_loaded: the path and its `Recipe`, after `load_recipe`.
        failed: a `Message`, after any of these but thumbnails, and after `save_as`.
    """

    found = Signal(object)
    thumbnail_loaded = Signal(object)
    opened = Signal(object)
    recipe_loaded = Signal(object, object)
    failed = Signal(object)

    def __init__(self, background: BackgroundTasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.most_recent = RECENT_PICTURES[1]
        self._pictures: Path | None = None
        self._thumbnails: dict[Path, QImage | None] = {}
        self._tasks = background.queue(self, "pictures")

    def find(self, folder: Path) -> None:
        self._pictures = folder
        self._tasks.submit(partial(newest_pictures, folder, self.most_recent), self.found.emit)

    def thumbnail(self, path: Path) -> QImage | None:
        """Returns a picture's thumbnail, null when the file cannot be read; None until it has been loaded."""
        if path not in self._thumbnails:
            self._thumbnails[path] = None
            self._tasks.submit(partial(thumbnail, path), partial(self._keep_thumbnail, path))
        return self._thumbnails[path]

    def _keep_thumbnail(self, path: Path, image: QImage) -> None:
        self._thumbnails[path] = image
        while len(self._thumbnails) > MOST_THUMBNAILS:
            del self._thumbnails[next(iter(self._thumbnails))]
        self.thumbnail_loaded.emit(path)

    def open(self, path: Path) -> None:
        """Goes before thumbnails that wait, because a click asked for it."""
        self.read(path, self.opened.emit)

    def read(self, path: Path, take: Callable[[OpenedPicture], object]) -> None:
        """Reads a picture for something else than to show it; ``take`` gets it."""
        self._tasks.submit(partial(self._open, path), take, self._on_failed, priority=1)

    def save_as(self, image: GeneratedImage, path: Path, *, has_recipe: bool = True) -> None:
        """Encodes and writes a picture in the format that the path's suffix names, also when the window closes."""
        save = partial(save_as, image, path, has_recipe=has_recipe)
        self._tasks.submit(save, None, self._on_failed, priority=1, is_kept=True)

    def load_recipe(self, path: Path) -> None:
        self.recipe(path, partial(self.recipe_loaded.emit, path))

    def recipe(self, path: Path, take: Callable[[Recipe], object]) -> None:
        """Reads the recipe of a picture for something else than to use it; ``take`` gets it."""
        self._tasks.submit(partial(self._read_recipe, path), take, self._on_no_recipe, priority=1)

    def _on_failed(self, error: EmulsionError) -> None:
        self.failed.emit(message(error))

    def _on_no_recipe(self, error: EmulsionError) -> None:
        remedy = tr("Pictures made by Emulsion carry their settings.")
        self.failed.emit(Message(tr("No settings in this picture"), message(error).sentence, remedy))

    def _open(self, path: Path) -> OpenedPicture:
        """In a background thread. Raises UnreadablePicture."""
        return read_picture(path, self._source_folders())

    def _read_recipe(self, path: Path) -> Recipe:
        """In a background thread. Raises UnreadablePicture."""
        return recipe_with_source(path, self._source_folders())

    def _source_folders(self) -> list[Path]:
        """Returns where the source picture of a recipe may lie."""
        return [self._pictures, *day_folders(self._pictures)] if self._pictures else []


def read_picture(path: Path, folders: Iterable[Path] = ()) -> OpenedPicture:
    """Reads a picture of unknown origin; this may take a while. For ``folders`` see `recipe_with_source`.

    Raises UnreadablePicture.
    """
    image = to_image(np.asarray(flattened(open_picture(path))))
    try:
        recipe = recipe_with_source(path, folders)
    except EmulsionError as error:
        log.info("%s", error)
        recipe = None  # it is shown all the same
    film = film_path(path)
    return OpenedPicture(path, image, recipe, film.stat().st_size if film.is_file() else None)


def recipe_with_source(path: Path, folders: Iterable[Path] = ()) -> Recipe:
    """Returns a picture's recipe, with the places of the pictures that it names, as far as they are found.

    They are looked for beside it, in ``folders``, where pasted ones are kept, and among the copies that runs made.

    Raises UnreadablePicture.
    """
    recipe = read_recipe(path)
    folders = (path.parent, *folders, Folders.default().pasted, Folders.default().sources)
    return replace(recipe, request=with_found(recipe.request, folders))


def newest_pictures(folder: Path, most: int) -> tuple[Path, ...]:
    """Returns the newest picture files in the folder and in its day folders; none when it is not there."""
    with_times: list[tuple[int, str]] = []
    days = day_folders(folder)
    for entry in _entries(folder, is_folder=False):
        with_times.append((_time_of(entry), entry.path))
    for day in days:
        with_times += [(_time_of(entry), entry.path) for entry in _entries(day, is_folder=False)]
        if len(with_times) >= most:
            break
    return in_order(tuple(Path(path) for _, path in heapq.nlargest(most, with_times)))


def in_order(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Returns the pictures, those of one request by their numbers in the places that they have together."""
    found, batches = list(paths), defaultdict[str, list[tuple[int, int]]](list)
    for place, path in enumerate(paths):
        with suppress(EmulsionError):
            recipe = read_recipe(path)
            if (number := number_of(recipe)) is not None:
                batches[batch_of(recipe)].append((place, number))
    for batch in batches.values():
        by_number = sorted(batch, key=lambda one: -one[1])
        for (place, _), (other, _) in zip(batch, by_number, strict=True):
            found[place] = paths[other]
    return tuple(found)


def day_folders(folder: Path) -> list[Path]:
    """Returns the folders in the pictures folder, the newest day first."""
    names = sorted((entry.name for entry in _entries(folder, is_folder=True)), reverse=True)
    return [folder / name for name in names]


def thumbnail(path: Path) -> QImage:
    """Returns the picture in a square of `THUMBNAIL_PX`, with the text `BADGE`, or a null image."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    square = QSize(THUMBNAIL_PX, THUMBNAIL_PX)
    if size.isValid() and (size.width() > THUMBNAIL_PX or size.height() > THUMBNAIL_PX):
        reader.setScaledSize(size.scaled(square, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if not image.isNull():
        image.setText(BADGE, _badge(path))
    return image


def _badge(path: Path) -> str:
    """Returns ``step 8`` for a kept step, ``failed at 19``, ``branch``, ``×4`` for an enlarged one, or ""."""
    try:
        recipe = read_recipe(path)
    except EmulsionError:
        return ""
    if recipe.stage != "final":
        return (
            tr("failed at {step}", step=recipe.step)
            if is_of_failure(recipe)
            else tr("step {step}", step=recipe.step)
        )
    is_branch, upscaler = recipe.parent is not None and recipe.parent.changes, recipe.request.upscaler
    marks = tr("branch") if is_branch else "", times(upscaler.factor if upscaler is not None else 0.0)
    return " · ".join(mark for mark in marks if mark)


def times(factor: float) -> str:
    """Returns the mark of a picture that an upscaler made larger, "" for 0."""
    return tr("×{factor:g}", factor=factor) if factor else ""


def _entries(folder: Path, *, is_folder: bool) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if (is_folder and entry.is_dir()) or (not is_folder and entry.name.lower().endswith(SUFFIXES)):
                    yield entry
    except OSError as error:
        log.info("the folder %s cannot be read: %s", folder, words_of(error))


def _time_of(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns
    except OSError:
        return 0
