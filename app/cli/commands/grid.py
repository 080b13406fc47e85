"""``emulsion grid PROMPT --x steps=10-50 (+10)``: pictures over all combinations of up to three settings."""

from __future__ import annotations

import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app.cli.command import Command
from app.cli.picture_job import Job
from app.cli.picture_runs import add_run_options, job_of, saved_pictures
from app.cli.terminal import Progress, to_json
from app.cli.typed_request import add_request_options, typed_request
from app.session.grid_text import size_words, work_words
from core.errors import InvalidRequest, SaveFailed, UnreadablePicture
from core.files.atomic import check_writable
from core.grid.axes import AXES
from core.grid.estimate import estimate
from core.grid.folder import PLACES, keep_description, made, making, new_folder, read_grid, settle_films
from core.grid.grid import NAMES, Grid
from core.grid.operation import MakeGrid
from core.grid.planning import check, plan
from core.grid.sheet import Sheet
from core.language.words import tr
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.pictures.saving import save_in
from core.request.request import STARTER_MODEL
from core.request.settings import SETTINGS
from core.request.typed_values import storable
from core.runs.events import PreviewMode
from core.runs.speed import Speed, newest_recipes
from core.settings.settings import Settings, load_settings


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = tr(
        "the values along {axis}: steps=10-50 (+10), guidance=1-9 [5], sampler=ddim,euler_a, "
        "search-replace=red,blue. Kinds: {kinds}",
        axis=NAMES[0],
        kinds=", ".join(AXES),
    )
    for name in NAMES:
        told = kinds if name == NAMES[0] else tr("the values along {axis}", axis=name)
        parser.add_argument(f"--{name.lower()}", metavar="KIND=VALUES", help=told)
    add_request_options(parser, is_grid=True)
    parser.add_argument(
        *("-o", "--output"),
        metavar="FOLDER",
        help=tr("a folder for the pictures and the sheet (default: a new one in the pictures folder)"),
    )
    parser.add_argument(
        "--resume",
        metavar="SHEET",
        help=tr("make what is missing of the grid with this sheet, or in this folder"),
    )
    parser.add_argument(
        "--plan", action="store_true", help=tr("say how many pictures and steps and how long, and make nothing")
    )
    add_run_options(parser)


def _run(arguments: Namespace) -> int:
    settings = load_settings(Folders.default())
    catalogue = users_catalogue(Folders.default(), lambda: settings)
    resumed = _resumed(arguments)
    if resumed is not None:
        grid, folder = resumed
    else:
        model = catalogue.find(arguments.model or STARTER_MODEL)
        grid, folder = plan(typed_request(arguments, model, settings), _axes(arguments)), None
    check(grid, catalogue)
    if folder is not None and not arguments.plan:
        with making(grid, folder):  # refused now, and not when the engine is there
            pass
    before = made(grid, folder) if folder is not None else {}
    numbers = tuple(number for number in grid.order if number not in before)
    speed = Speed()
    speed.learn_from(newest_recipes(settings.pictures))
    work = estimate(grid, numbers, speed)
    with Progress(sys.stderr) as progress:
        progress.note(tr("grid of {size}: {work}", size=size_words(grid), work=work_words(work)))
        told: dict[str, Any] = {"pictures": work.pictures, "steps": work.steps, "seconds": work.seconds}
        if arguments.plan:
            if arguments.json:
                print(to_json({"size": grid.size, **told}))
            return 0
        folder = folder or _folder(arguments, grid, settings)
        job = job_of(
            arguments,
            grid.request,
            catalogue,
            settings,
            lambda image: save_in(image, folder, rules=settings.saving),
        )
        with _kept_sheet(grid, folder, job, progress) as sheet:
            settle_films(grid, before, job.films)
            for number, path in before.items():
                _add(sheet, number, path, progress)
            sheet.write()
            drawn = {*before, *_make(grid, folder, numbers, job, sheet, progress)}
            for number, path in made(grid, folder).items():
                if number not in drawn:  # another process has made it meanwhile
                    _add(sheet, number, path, progress)
    return 0


def _make(
    grid: Grid, folder: Path, numbers: tuple[int, ...], job: Job, sheet: Sheet, progress: Progress
) -> set[int]:
    """Makes pictures, draws them onto the sheet, and returns the numbers of those that were made."""
    done: set[int] = set()
    if not numbers:
        return done
    operation = MakeGrid(grid, folder, numbers, job.films, PreviewMode.linear)

    def told(run: str) -> dict[str, Any]:
        number = grid.number_of(run)
        assert number is not None
        return {"place": grid.place(number)}

    for run, path in saved_pictures(job, [operation], progress, told):
        number = grid.number_of(run)
        assert number is not None
        _add(sheet, number, path, progress)
        sheet.write_if_due()
        done.add(number)
    return done


@contextmanager
def _kept_sheet(grid: Grid, folder: Path, job: Job, progress: Progress) -> Generator[Sheet]:
    """Yields the sheet, and writes and tells it at the end, also after Ctrl+C or a failure."""
    sheet = Sheet(grid, folder)
    try:
        yield sheet
    except BaseException:  # of any kind: it is raised again
        command = f"emulsion grid --resume {_quoted(str(sheet.path))}"
        progress.note(tr("emulsion: the rest is made by: {command}", command=command))
        with suppress(SaveFailed):  # what happened first is told; --resume writes the sheet again
            sheet.write()
        raise
    sheet.write()
    progress.clear()
    print(to_json({"sheet": str(sheet.path)}) if job.is_json else sheet.path, flush=True)


def _quoted(path: str) -> str:
    """Returns a path as it can be pasted into a shell."""
    return subprocess.list2cmdline([path]) if sys.platform == "win32" else shlex.quote(path)


def _add(sheet: Sheet, number: int, path: Path, progress: Progress) -> None:
    try:
        sheet.add(number, path)
    except UnreadablePicture as error:
        name, reason = error.path.name, error.reason
        progress.note(tr("emulsion: {name} is not on the sheet: {reason}", name=name, reason=reason))


def _resumed(arguments: Namespace) -> tuple[Grid, Path] | None:
    """Returns the grid of ``--resume``, which has its own settings. Raises InvalidRequest or UnreadablePicture."""
    if arguments.resume is None:
        if arguments.prompt is None:
            raise InvalidRequest("prompt", "", tr("given, or --resume with the sheet of a grid"))
        return None
    settings = (option.name for setting in SETTINGS for option in setting.options)
    for name in ("output", *(name.lower() for name in NAMES), *settings):
        if (value := getattr(arguments, name, None)) is not None:
            raise InvalidRequest(name, value, tr("left out with --resume: the sheet knows it"))
    return read_grid(Path(storable("resume", arguments.resume)).expanduser().absolute())


def _axes(arguments: Namespace) -> list[tuple[str, str]]:
    typed: list[tuple[str, str]] = []
    for name in NAMES:
        text = getattr(arguments, name.lower())
        kind, sign, values = storable(name, text or "").partition("=")
        if text is not None and not sign:
            raise InvalidRequest(tr("axis {name}", name=name), text, tr("KIND=VALUES, such as steps=10-50 (+10)"))
        typed.append((kind.strip(), values))
    if not any(kind for kind, _ in typed):
        kinds = ", ".join(AXES)
        sentence = tr(
            'A grid needs an axis, on X, Y or Z, such as --x "steps=10-50 (+10)". Kinds: {kinds}.', kinds=kinds
        )
        raise InvalidRequest("axis", "", tr("one of {axes}, on X, Y or Z", axes=kinds), sentence=sentence)
    return typed


def _folder(arguments: Namespace, grid: Grid, settings: Settings) -> Path:
    """Returns the new grid's folder. Raises InvalidRequest or SaveFailed."""
    if arguments.output is None:
        return new_folder(grid, settings.pictures)
    folder = Path(storable("output", arguments.output)).expanduser().absolute()
    if (folder / PLACES).exists() or (folder.exists() and not folder.is_dir()):
        raise InvalidRequest("output", arguments.output, tr("a folder without a grid; --resume goes on with one"))
    check_writable(folder)
    keep_description(grid, folder)
    return folder


COMMAND = Command(tr("make pictures over all combinations of up to three settings"), _add_arguments, _run)
