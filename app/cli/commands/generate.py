"""``emulsion generate PROMPT``: pictures from words, by the same engine as in the window."""

from __future__ import annotations

import re
import secrets
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.cli.combinations import ALL, MOST_COMBINATIONS, events_of, every
from app.cli.command import Command
from app.cli.interrupts import Interrupts
from app.cli.picture_output import output_of, save_or_rescue
from app.cli.prompt_notes import prompt_notes
from app.cli.terminal import Notes, Progress, to_json
from app.cli.typed_request import add_request_options, typed_request
from app.messages.errors import PHASES, message
from app.startup.engine_imports import engine_imports
from core.errors import EmulsionError, InvalidRequest
from core.language.words import tr
from core.models.acceleration import Acceleration
from core.models.catalogue import Catalogue, users_catalogue
from core.models.compatibility import check_autoencoder, check_controls, check_loras
from core.models.memory_plan import (
    PLACEMENT_WORDS,
    MemoryInUse,
    Placement,
    parse_placement,
    placement_name,
    placement_names,
)
from core.paths import Folders
from core.pictures.masked_picture import check_source
from core.pictures.metadata import SUFFIXES, read_recipe
from core.pictures.picture import GeneratedImage
from core.pictures.reference import read_reference, size_of
from core.prompt.drawing import drawn, has_template
from core.prompt.encodings import Encodings, users_encodings
from core.recipes.recipe import recipe_to_json
from core.request.request import STARTER_MODEL, GenerationRequest
from core.request.settings import validate
from core.request.settings.seed import RANDOM_SEEDS
from core.request.typed_values import storable
from core.runs.events import ImageReady, Loading, Phase, PreviewMode, Started, Stepped
from core.runs.operations import Generate, Operation, ReportMemory, result_of
from core.runs.recorder import FOLDER_NAME, FilmRecorder
from core.settings.settings import FilmPolicy, Settings, load_settings

_DEVICE = re.compile(r"cpu|mps|(cuda|xpu)(:\d{1,3})?")
_DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Job:
    """The command line, read and found good.

    Attributes:
        save: writes a picture where it was asked for, and returns its path.
        films: where films lie until their picture is saved, None for not keeping them.
        must_film: films were asked for by name: without one the command has failed.
        notes: sentences about what of the prompts is not read as it was meant.
    """

    request: GenerationRequest
    catalogue: Catalogue
    device: str | None
    dtype: str | None
    acceleration: Acceleration
    memory: Placement | None
    tiled_decode: bool
    encodings: Encodings | None
    is_json: bool
    save: Callable[[GeneratedImage], Path]
    films: Path | None
    must_film: bool
    notes: tuple[str, ...]


def _add_arguments(parser: ArgumentParser) -> None:
    add_request_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help=tr(
            "a file ending in {suffixes} (one of this name is replaced), or a folder, which --count "
            "above 1 wants (default: a new file in the pictures folder)",
            suffixes=", ".join(SUFFIXES),
        ),
    )
    parser.add_argument("--combinations", action="store_true", help=ALL)
    add_run_options(parser)


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
        "--json",
        action="store_true",
        help=tr("print path, recipe, memory and notes of each picture as a line of JSON"),
    )


def _run(arguments: Namespace) -> int:
    job = _read(arguments)
    requests = (job.request,)
    if arguments.combinations:
        requests = every(job.request, job.catalogue.wildcards.values)
    batch = secrets.token_hex(16) if arguments.combinations else ""
    operations = [Generate(request, PreviewMode.linear, batch=batch) for request in requests]
    with Progress(sys.stderr) as progress:
        for _ in saved_pictures(job, operations, progress):
            pass
    return 0


def saved_pictures(
    job: Job,
    operations: Sequence[Operation[None]],
    progress: Progress,
    told: Callable[[str], dict[str, Any]] = lambda _run: {},
) -> Iterator[tuple[str, Path]]:
    """Makes the pictures of operations, saves and tells each, and yields its run and its path.

    ``told`` returns more entries for its line of JSON, by the name of its run.
    """
    notes = Notes(progress)
    for note in job.notes:
        notes.add(note)
    progress.begin_phase(PHASES[Phase.importing])
    recorder = FilmRecorder(lambda: job.films)
    for image, memory in _pictures(job, operations, progress, notes, recorder):
        path, run = save_or_rescue(job.save, image), image.recipe.run
        own = [note for note in (image.recipe.note, _keep_film(job, recorder, run, path)) if note]
        for note in own:
            notes.tell(note)
        progress.clear()
        if job.is_json:
            facts = {"recipe": recipe_to_json(read_recipe(path)), "memory": _memory_to_json(memory)}
            print(to_json({"path": str(path), **told(run), **facts, "notes": [*notes.texts, *own]}), flush=True)
        else:
            print(path, flush=True)
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


def _memory_to_json(use: MemoryInUse) -> dict[str, Any] | None:
    """Returns the plan, in bytes, and the placement in the end: a slower one after memory ran out."""
    plan, placement = use.plan, use.placement
    if plan is None or placement is None:
        return None
    told = {name: getattr(plan, name) for name in ("tiled_decode", "weights", "needed", "free", "fits")}
    return {"placement": placement_name(placement), "planned": placement_name(plan.placement), **told}


def _read(arguments: Namespace) -> Job:
    """Checks everything that can be checked without torch, so that mistakes are answered at once."""
    settings = load_settings(Folders.default())
    catalogue = users_catalogue(Folders.default(), lambda: settings)
    model = catalogue.find(arguments.model or STARTER_MODEL)
    request = typed_request(arguments, model, settings)
    if request.references and arguments.size is None:
        request = replace(request, size=size_of(request.references[0], model.limits))
    validate(request, model.limits)
    if has_template(request) and request.seed is None:
        request = replace(request, seed=secrets.randbelow(RANDOM_SEEDS))
    check_loras(request, model, catalogue.loras)
    if request.autoencoder is not None:
        check_autoencoder(catalogue.autoencoders.find(request.autoencoder), model)
    check_source(request)
    for reference in request.references:
        read_reference(reference)
    check_controls(request, model, catalogue.controls)
    output = None if arguments.output is None else storable("output", arguments.output)
    save = output_of(output, MOST_COMBINATIONS if arguments.combinations else request.count, settings)
    return job_of(arguments, request, catalogue, settings, save)


def job_of(
    arguments: Namespace,
    request: GenerationRequest,
    catalogue: Catalogue,
    settings: Settings,
    save: Callable[[GeneratedImage], Path],
) -> Job:
    """Reads the options of `add_run_options`. Raises InvalidRequest, and what `drawn` raises."""
    device, dtype = arguments.device or settings.device, arguments.dtype or settings.dtype
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
        memory=settings.memory if arguments.memory is None else parse_placement(arguments.memory),
        tiled_decode=settings.tiled_decode,
        encodings=users_encodings(catalogue.memory.folder, keeps=settings.keeps_encodings),
        is_json=arguments.json,
        save=save,
        films=films,
        must_film=bool(arguments.film),
        notes=tuple(prompt_notes(first, catalogue.find(request.model), catalogue)),
    )


def _pictures(
    job: Job, operations: Sequence[Operation[None]], progress: Progress, notes: Notes, recorder: FilmRecorder
) -> Iterator[tuple[GeneratedImage, MemoryInUse]]:
    with engine_imports():
        from core.engine.engine import Engine

    steps = skipped = 0
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
                    yield image, use
                case _:
                    pass  # a notice, or of another operation


COMMAND = Command(tr("make pictures from words"), _add_arguments, _run)
