"""The pictures of a command: made here or in a cluster, told while they are made, and saved with their films."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.cli.combinations import events_of
from app.cli.interrupts import Interrupts
from app.cli.picture_job import Job, Made
from app.cli.picture_output import save_or_rescue
from app.cli.terminal import Notes, Progress, to_json
from app.messages.errors import PHASES, message
from app.messages.prompt_notes import prompt_notes
from app.startup.engine_imports import engine_imports
from core.errors import EmulsionError, InvalidRequest
from core.language.words import tr
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue
from core.models.memory_plan import (
    PLACEMENT_WORDS,
    MemoryInUse,
    parse_placement,
    placement_name,
    placement_names,
)
from core.paths import Folders
from core.pictures.metadata import read_recipe
from core.pictures.picture import GeneratedImage
from core.prompt.drawing import drawn
from core.prompt.encodings import users_encodings
from core.recipes.recipe import recipe_to_json
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, Loading, Phase, Started, Stepped
from core.runs.operations import Operation, ReportMemory, result_of
from core.runs.recorder import FOLDER_NAME, FilmRecorder
from core.settings.settings import FilmPolicy, Settings

_DEVICE = re.compile(r"cpu|mps|(cuda|xpu)(:\d{1,3})?")
_DTYPES = ("float32", "bfloat16", "float16")


def add_run_options(parser: ArgumentParser) -> None:
    """Declares how pictures are made and told of, whatever they show."""
    add = parser.add_argument
    add(
        "--film",
        action=BooleanOptionalAction,
        help=tr(
            "keep every step in a film beside each picture, see: emulsion film (default: if the window's "
            "preferences keep every film)"
        ),
    )
    add("--device", metavar="NAME", help=tr("cuda, cuda:1, mps, xpu or cpu (default: the best one there is)"))
    add("--dtype", metavar="NAME", help=tr("{dtypes} (default: what suits the device)", dtypes=", ".join(_DTYPES)))
    add(
        "--acceleration",
        choices=[*Acceleration.__members__],
        help=tr(
            "of the network: automatic, which changes no bit, off, or compiled: a minute for each size, and it "
            "needs a compiler (default: as in the window's preferences)"
        ),
    )
    add(
        "--memory",
        metavar="HOW",
        help=tr(
            "where the model's parts are: automatic, {placement_names} (default: what fits)",
            placement_names=", ".join(placement_names()),
        ),
    )
    add(
        "--cluster",
        metavar="ADDRESS",
        help=tr(
            "make them on all computers of a Ray cluster: auto for the one that runs here, local for one of this "
            "computer alone, or HOST:PORT; it runs code of ours there, see README"
        ),
    )
    add(
        "--json",
        action="store_true",
        help=tr("print path, recipe, memory and notes of each picture as a line of JSON"),
    )


def job_of(
    arguments: Namespace,
    request: GenerationRequest,
    catalogue: Catalogue,
    settings: Settings,
    save: Callable[[GeneratedImage], Path],
) -> Job:
    """Reads the options of `add_run_options`. Raises InvalidRequest, and what `drawn` raises."""
    own = Settings.default(Folders.default()) if arguments.cluster is not None else settings
    device, dtype = arguments.device or own.device, arguments.dtype or own.dtype
    if device is not None and not _DEVICE.fullmatch(device):
        raise InvalidRequest("device", device, tr("cuda, cuda:1, mps, xpu or cpu"))
    if dtype is not None and dtype not in _DTYPES:
        raise InvalidRequest("dtype", dtype, tr("one of {dtypes}", dtypes=", ".join(_DTYPES)))
    keeps_films = settings.keep_films is FilmPolicy.always if arguments.film is None else arguments.film
    films = settings.pictures / FOLDER_NAME if keeps_films else None
    first = drawn(request, catalogue.wildcards.values)
    return Job(
        request=request,
        catalogue=catalogue,
        device=device,
        dtype=dtype,
        acceleration=Acceleration[arguments.acceleration or settings.acceleration.name],
        memory=own.memory if arguments.memory is None else parse_placement(arguments.memory),
        tiled_decode=settings.tiled_decode,
        encodings=users_encodings(catalogue.memory.folder, keeps=settings.keeps_encodings),
        is_json=arguments.json,
        save=save,
        films=films,
        must_film=bool(arguments.film),
        cluster=arguments.cluster,
        notes=tuple(prompt_notes(first, catalogue.find(request.model), catalogue)),
    )


def saved_pictures(
    job: Job,
    operations: Sequence[Operation[None]],
    progress: Progress,
    told: Callable[[str], dict[str, Any]] = lambda _run: {},
) -> Iterator[tuple[str, Path]]:
    """Makes the pictures of operations, saves and tells each, and yields its run and its path.

    ``told`` returns more entries for its line of JSON, by the name of its run.
    """
    notes, results = Notes(progress), sys.stdout  # which a cluster's own words must not reach
    for note in job.notes:
        notes.add(note)
    if job.cluster is None:
        pictures = _pictures(job, operations, progress, notes)
    else:
        from app.cli.cluster_pictures import cluster_pictures  # not needed by whoever has no cluster

        pictures = cluster_pictures(job, job.cluster, operations, progress, notes)
    with closing(pictures):
        for made in pictures:
            path, run = save_or_rescue(job.save, made.image), made.image.recipe.run
            own = [note for note in (made.image.recipe.note, _keep_film(job, made.recorder, run, path)) if note]
            for note in own:
                notes.tell(note)
            progress.clear()
            if job.is_json:
                facts = {"recipe": recipe_to_json(read_recipe(path)), "memory": _memory_to_json(made.memory)}
                facts |= {"place": made.place} if made.place else {}
                line = to_json({"path": str(path), **told(run), **facts, "notes": [*notes.texts, *own]})
                print(line, file=results, flush=True)
            else:
                print(path, file=results, flush=True)
            yield run, path


def _keep_film(job: Job, recorder: FilmRecorder, run: str, picture: Path) -> str:
    """Returns a sentence when the film could not be kept, "" otherwise; one that was asked for is an error."""
    try:
        recorder.put_beside(run, picture)
    except EmulsionError as problem:
        if job.must_film:
            raise
        return str(message(problem))
    return ""


def _memory_to_json(use: MemoryInUse | None) -> dict[str, Any] | None:
    """Returns the plan, in bytes, and the placement in the end: a slower one after memory ran out."""
    if use is None or (plan := use.plan) is None or (placement := use.placement) is None:
        return None
    told = {name: getattr(plan, name) for name in ("tiled_decode", "weights", "needed", "free", "fits")}
    return {"placement": placement_name(placement), "planned": placement_name(plan.placement), **told}


def _pictures(
    job: Job, operations: Sequence[Operation[None]], progress: Progress, notes: Notes
) -> Generator[Made]:
    progress.begin_phase(PHASES[Phase.importing])
    with engine_imports():
        from core.engine.engine import Engine

    steps = skipped = 0
    recorder = FilmRecorder(lambda: job.films)
    how = (job.device, job.dtype, job.memory, job.tiled_decode)
    with (
        closing(Engine(job.catalogue, *how, acceleration=job.acceleration, encodings=job.encodings)) as engine,
        closing(recorder.record(events_of(engine.run, operations))) as events,
        Interrupts() as interrupts,
    ):
        for event in events:
            interrupts.check()
            notes.follow(event)
            match event:
                case Loading(phase):
                    progress.begin_phase(PHASES[phase])
                case Started(film, index, count):
                    steps, skipped = film.request.all_steps, film.skipped_steps
                    use = result_of(engine, ReportMemory())
                    if index == 0 and use.plan is not None:
                        progress.note(tr("memory: {explain}", explain=use.plan.explain()))
                    if film.request.template:
                        progress.note(tr("prompt: {prompt}", prompt=film.request.prompt))
                    progress.begin_picture(index + 1, count, film.request.seed, steps - skipped)
                case Stepped():
                    progress.finish_step(event.frame.step + 1 - skipped, steps - skipped)
                case ImageReady(image):
                    use = result_of(engine, ReportMemory())
                    if use.fallen_back_to is not None:
                        notes.add(
                            tr(
                                "Memory ran out; now {placement_words}.",
                                placement_words=PLACEMENT_WORDS[use.fallen_back_to],
                            )
                        )
                    yield Made(image, recorder, use)
                case _:
                    pass  # a notice, or of another operation
