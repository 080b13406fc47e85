"""``emulsion generate PROMPT``: pictures from words, by the same engine as in the window."""

from __future__ import annotations

import logging
import re
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from app.cli.argument_values import number, text_of, whole_number
from app.cli.command import Command
from app.cli.picture_output import output_of, save_or_rescue
from app.cli.terminal import Progress, to_json
from app.messages.errors import PHASES, message
from core.autoencoders.file import parse_autoencoder
from core.errors import InvalidRequest, SaveFailed
from core.lora.file import parse_lora
from core.models.catalogue import Catalogue, users_catalogue
from core.models.compatibility import check_autoencoder, check_loras
from core.models.memory_plan import Placement, parse_placement, placement_names
from core.paths import Folders
from core.pictures.metadata import SUFFIXES, read_recipe
from core.pictures.picture import GeneratedImage
from core.pictures.source import read_source
from core.recipes.recipe import recipe_to_json
from core.request.request import (
    COUNT,
    LARGEST_GUIDANCE_SCALE,
    LARGEST_SEED,
    STARTER_MODEL,
    STEPS,
    WEIGHT_BITS,
    GenerationRequest,
    Size,
    Source,
    validate,
)
from core.request.samplers import SAMPLERS
from core.runs.events import ImageReady, Loading, LoraDiffers, Phase, PreviewMode, Started, Stepped
from core.runs.recorder import FOLDER_NAME, FilmRecorder
from core.settings.settings import FilmPolicy, load_settings

log = logging.getLogger(__name__)

_DEVICE = re.compile(r"cpu|mps|(cuda|xpu)(:\d{1,3})?")
DEFAULT_STRENGTH = 0.6
_DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Job:
    """The command line, read and found good.

    Attributes:
        save: writes a picture where it was asked for, and returns its path.
        films: where films lie until their picture is saved, None for not keeping them.
        must_film: films were asked for by name: without one the command has failed.
    """

    request: GenerationRequest
    catalogue: Catalogue
    device: str | None
    dtype: str | None
    memory: Placement | None
    tiled_decode: bool
    is_json: bool
    save: Callable[[GeneratedImage], Path]
    films: Path | None
    must_film: bool


def _add_arguments(parser: ArgumentParser) -> None:
    own = "(default: the model's own)"
    add = parser.add_argument
    add("prompt", metavar="PROMPT", help="what the picture shows, in quotes")
    add("--negative", metavar="TEXT", default="", help="what it shall not show")
    add("--model", metavar="NAME", default=STARTER_MODEL, help="a model's name or folder (default: %(default)s)")
    add("--size", metavar="WxH", help=f"width and height in pixels, such as 128x128 {own}")
    add("--sampler", metavar="NAME", help=f"one of {', '.join(SAMPLERS)} {own}")
    add("--steps", metavar="N", help=f"sampler steps, {STEPS[0]} to {STEPS[-1]} {own}")
    add(
        "--guidance",
        metavar="SCALE",
        help=f"how strongly the prompt pulls, 0 to {LARGEST_GUIDANCE_SCALE:g}; at 1 and below it is off {own}",
    )
    add(
        "--lora",
        metavar="NAME[:WEIGHT]",
        action="append",
        default=[],
        help="a LoRA by name or file, and its weight (default: 1); may be given several times",
    )
    add("--vae", metavar="NAME", help="an autoencoder (VAE) by name, file or folder (default: the model's own)")
    add("--image", metavar="FILE", help="a picture to begin with, in the place of noise (image to image)")
    add(
        "--strength",
        metavar="S",
        help="how much of --image changes: above 0, at most 1; the last S x steps are made "
        f"(default: {DEFAULT_STRENGTH:g})",
    )
    add("--seed", metavar="N", help="start of the random numbers; it makes a picture repeatable (default: any)")
    add("--count", metavar="N", help="number of pictures; their seeds count up from --seed (default: 1)")
    add(
        "-o",
        "--output",
        metavar="PATH",
        help=f"a file ending in {', '.join(SUFFIXES)} (one of this name is replaced), or a folder, which --count "
        "above 1 wants (default: a new file in the pictures folder)",
    )
    add(
        "--film",
        action=BooleanOptionalAction,
        help="keep every step in a film beside each picture, see: emulsion film (default: if the window's "
        "preferences keep every film)",
    )
    add("--device", metavar="NAME", help="cuda, cuda:1, mps, xpu or cpu (default: the best one there is)")
    add("--dtype", metavar="NAME", help=f"{', '.join(_DTYPES)} (default: what suits the device)")
    add(
        "--memory",
        metavar="HOW",
        help=f"where the model's parts are: automatic, {', '.join(placement_names())} (default: what fits)",
    )
    add(
        "--quantise",
        metavar="BITS",
        help="pack the model's weights into 8 or 4 bits: less memory, and another picture (default: not)",
    )
    add("--json", action="store_true", help="print path and recipe of each picture as a line of JSON")


def _run(arguments: Namespace) -> int:
    job = _read(arguments)
    with Progress(sys.stderr) as progress:
        progress.begin_phase(PHASES[Phase.importing])
        recorder = FilmRecorder(lambda: job.films)
        for image in _pictures(job, progress, recorder):
            path = save_or_rescue(job.save, image)
            progress.clear()
            _keep_film(job, recorder, image.recipe.run, path)
            recipe = recipe_to_json(read_recipe(path)) if job.is_json else None
            print(to_json({"path": str(path), "recipe": recipe}) if job.is_json else path, flush=True)
    return 0


def _keep_film(job: Job, recorder: FilmRecorder, run: str, picture: Path) -> None:
    try:
        recorder.put_beside(run, picture)
        problem = recorder.problem
    except SaveFailed as error:
        problem = error
    if problem is not None and job.must_film:
        raise problem
    if problem is not None:
        sys.stderr.write(f"emulsion: {message(problem)}\n")


def _read(arguments: Namespace) -> Job:
    """Checks everything that can be checked without torch, so that mistakes are answered at once."""
    settings = load_settings(Folders.default())
    catalogue = users_catalogue(
        Folders.default(), settings.model_folders, settings.lora_places, settings.autoencoder_places
    )
    model = catalogue.find(arguments.model)
    own = model.defaults
    request = replace(
        own,
        prompt=text_of("prompt", arguments.prompt),
        negative_prompt=text_of("negative", arguments.negative),
        model=arguments.model,
        size=Size.parse(arguments.size) if arguments.size is not None else own.size,
        sampler=arguments.sampler if arguments.sampler is not None else own.sampler,
        steps=whole_number("steps", arguments.steps, STEPS, own.steps),
        guidance_scale=number("guidance", arguments.guidance, LARGEST_GUIDANCE_SCALE, own.guidance_scale),
        seed=None if arguments.seed is None else whole_number("seed", arguments.seed, range(LARGEST_SEED + 1), 0),
        count=whole_number("count", arguments.count, COUNT, 1),
        source=_source(arguments.image, arguments.strength),
        weight_bits=_bits(arguments.quantise),
        loras=tuple(parse_lora(text_of("lora", text)) for text in arguments.lora),
        autoencoder=None if arguments.vae is None else parse_autoencoder(text_of("vae", arguments.vae)),
    )
    validate(request, model.limits)
    check_loras(request, model, catalogue.loras)
    if request.autoencoder is not None:
        check_autoencoder(catalogue.autoencoders.find(request.autoencoder), model)
    if request.source is not None:
        read_source(request.source, request.size)
    device, dtype = arguments.device or settings.device, arguments.dtype or settings.dtype
    if device is not None and not _DEVICE.fullmatch(device):
        raise InvalidRequest("device", device, "cuda, cuda:1, mps, xpu or cpu")
    if dtype is not None and dtype not in _DTYPES:
        raise InvalidRequest("dtype", dtype, f"one of {', '.join(_DTYPES)}")
    output = None if arguments.output is None else text_of("output", arguments.output)
    save = output_of(output, request.count, settings)
    keeps_films = settings.keep_films is FilmPolicy.always if arguments.film is None else arguments.film
    films = settings.pictures / FOLDER_NAME if keeps_films else None
    return Job(
        request=request,
        catalogue=catalogue,
        device=device,
        dtype=dtype,
        memory=settings.memory if arguments.memory is None else parse_placement(arguments.memory),
        tiled_decode=settings.tiled_decode,
        is_json=arguments.json,
        save=save,
        films=films,
        must_film=bool(arguments.film),
    )


def _pictures(job: Job, progress: Progress, recorder: FilmRecorder) -> Iterator[GeneratedImage]:
    from core.engine.engine import Engine

    steps, skipped = job.request.steps, 0
    with (
        closing(Engine(job.catalogue, job.device, job.dtype, job.memory, job.tiled_decode)) as engine,
        closing(recorder.record(engine.generate(job.request, PreviewMode.linear))) as events,
    ):
        for event in events:
            match event:
                case Loading(phase):
                    progress.begin_phase(PHASES[phase])
                case Started(film, index, count):
                    skipped = film.skipped_steps
                    progress.begin_picture(index + 1, count, film.request.seed, steps - skipped)
                case Stepped(frame):
                    progress.finish_step(frame.step + 1 - skipped, steps - skipped)
                case ImageReady(image):
                    yield image
                case LoraDiffers():
                    pass  # names on the command line tell no hashes


def _bits(text: str | None) -> int | None:
    return None if text is None else whole_number("quantise", text, range(1, 33), WEIGHT_BITS[0])


def _source(image: str | None, strength: str | None) -> Source | None:
    if image is None:
        if strength is not None:
            raise InvalidRequest("strength", strength, "given together with --image")
        return None
    path = Path(text_of("image", image)).expanduser().absolute()
    return Source(str(path), number("strength", strength, 1.0, DEFAULT_STRENGTH))


COMMAND = Command("make pictures from words", _add_arguments, _run)
