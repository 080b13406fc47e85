"""The folder of a grid: its pictures with their films, its sheet, and its description for this computer.

A picture is known by the run in its recipe, so that it may have any name, and may be removed to be made again.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path

from core.errors import GridInUse, SaveFailed, UnreadablePicture
from core.files.atomic import DISK, words_of, write_file, write_new_file
from core.files.lock import lock
from core.grid.description import grid_from_text, grid_to_text
from core.grid.grid import Grid
from core.language.words import tr
from core.pictures.file_names import day_folder, picture_stem
from core.pictures.metadata import SUFFIXES, read_recipe
from core.pictures.text_chunks import read_texts
from core.recipes.recipe import Recipe
from core.runs.recorder import FilmRecorder

KEYWORD = "emulsion_grid"
"""Of the text in a sheet that has the grid's description."""
SHEET = "sheet.png"
PLACES = ".emulsion-grid.json"
LARGEST_PLACES = 16 * 2**20


def new_folder(grid: Grid, pictures: Path, now: datetime | None = None) -> Path:
    """Makes a folder for a grid in the day's folder inside the pictures folder. Raises SaveFailed."""
    now = now or datetime.now().astimezone()
    stems = (picture_stem(grid.request, now, copy, "{time}-grid-{prompt}") for copy in count(1))
    for folder in (pictures / day_folder(now) / stem for stem in stems):
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if not folder.exists():  # a file stands where a folder above it should be
                raise SaveFailed(folder, words_of(error)) from error
            continue
        except OSError as error:
            raise SaveFailed(folder, words_of(error)) from error
        keep_description(grid, folder)
        return folder
    raise AssertionError("names do not end")


def keep_description(grid: Grid, folder: Path) -> None:
    """Writes the description with the places of files. Raises SaveFailed."""
    write_file(folder / PLACES, grid_to_text(grid, has_places=True).encode(), DISK)


@contextmanager
def making(grid: Grid, folder: Path, *, is_shared: bool = False) -> Generator[None]:
    """Lets one program at a time make pictures of a grid in its folder. Raises GridInUse or SaveFailed.

    With ``is_shared`` other engines of it may do that as well; which makes what is for the program to decide.

    The lock is on the description, which a folder gets that has none. Who has the lock has to look again for what
    another process has made before.
    """
    path = folder / PLACES
    if not path.exists():
        with suppress(FileExistsError):  # another process was faster
            write_new_file(path, grid_to_text(grid, has_places=True).encode(), DISK)
    try:
        file = path.open("r+b", buffering=0)
    except OSError as error:
        raise SaveFailed(path, words_of(error)) from error
    with file:
        if not lock(file, is_shared=is_shared):
            raise GridInUse(folder)
        yield


def lies_in_grid(picture: Path) -> bool:
    """Returns whether a picture, or a sheet, lies in the folder of a grid."""
    return (picture.parent / PLACES).is_file()


def read_grid(place: Path) -> tuple[Grid, Path]:
    """Returns the grid of a folder, or of its sheet or a picture there, and the folder. Raises UnreadablePicture.

    A sheet that was taken out of its folder tells the grid without the places of its files; its pictures are those
    in the folder that it is in now.
    """
    if place.is_dir():
        return _with_places(place, tr("it is not a folder of a grid")), place
    told = read_texts(place).get(KEYWORD)
    if told is None and lies_in_grid(place):
        return read_grid(place.parent)
    if told is None:
        raise UnreadablePicture(place, tr("it is neither the sheet of a grid nor a picture in its folder"))
    try:
        grid = grid_from_text(told)
    except ValueError as error:
        raise UnreadablePicture(place, str(error)) from error
    try:
        local = _with_places(place.parent, "")
    except UnreadablePicture:
        return grid, place.parent
    return (local if local.id == grid.id else grid), place.parent


def made(grid: Grid, folder: Path) -> Mapping[int, Path]:
    """Returns the finished pictures of the grid that lie in the folder, by their numbers."""
    found: dict[int, Path] = {}
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError:
        return found
    for path in files:
        try:
            recipe = read_recipe(path)
        except UnreadablePicture:
            continue
        if (number := number_of(grid, recipe)) is not None:
            found.setdefault(number, path)
    return found


def settle_films(grid: Grid, pictures: Mapping[int, Path], films: Path | None) -> None:
    """Moves films beside their pictures where the process was killed between the two. Raises SaveFailed."""
    recorder = FilmRecorder(lambda: films)
    for number, path in pictures.items():
        recorder.put_beside(grid.run_of(number), path)


def number_of(grid: Grid, recipe: Recipe) -> int | None:
    """Returns the number of a finished picture with this recipe in the grid, None if it is no picture of it.

    One that was enlarged later has the run of the picture that stays.
    """
    is_itself = recipe.stage == "final" and recipe.enlarged_from is None
    return grid.number_of(recipe.run) if is_itself else None


def _with_places(folder: Path, reason: str) -> Grid:
    path = folder / PLACES
    try:
        with path.open("rb") as file:
            return grid_from_text(file.read(LARGEST_PLACES).decode("utf-8"))
    except FileNotFoundError as error:
        raise UnreadablePicture(folder, reason) from error
    except OSError as error:
        raise UnreadablePicture(path, words_of(error)) from error
    except ValueError as error:
        raise UnreadablePicture(path, str(error)) from error
