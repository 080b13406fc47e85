"""``emulsion upscale PICTURE...``: finished pictures, larger, and drawn again in tiles."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.cli.command import Command
from app.cli.interrupts import Interrupts
from app.cli.picture_output import output_of, save_or_rescue
from app.cli.terminal import Notes, Progress, to_json
from app.messages.errors import PHASES
from app.messages.values import shown
from app.startup.garbage_collection import kept_for_good
from core.errors import InvalidRequest, ModelMissing
from core.language.words import tr
from core.models.catalogue import Catalogue, users_catalogue
from core.models.upscalers import upscalers_of
from core.paths import Folders
from core.pictures.metadata import SUFFIXES
from core.recipes.recipe import recipe_to_json
from core.recipes.refinement import DEFAULT_STRENGTH, LARGEST_SIDE, Refinement
from core.request.request import LARGEST_SEED, Size, Upscaler
from core.request.settings.upscaler import FACTORS
from core.request.typed_values import needing, storable, typed_number, typed_whole_number
from core.runs.enlargement import Enlarge, picture_of
from core.runs.events import Advanced, Finished, Loading, Phase
from core.runs.operations import ReportMemory, result_of
from core.runs.refining import Refining, check_refining, refining_request, tile_side
from core.settings.settings import load_settings
from core.upscalers.file import SUFFIX, read_upscaler
from core.upscalers.library import OF_STARTER


def _add_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("pictures", metavar="PICTURE", nargs="*", help=tr("pictures (PNG, JPEG, WebP)"))
    name = tr(
        "an upscaler by name or file (default: {of_starter}, which has seen the starter model's postcards only)",
        of_starter=OF_STARTER,
    )
    add("--upscaler", metavar="NAME", default=OF_STARTER, help=name)
    by = tr(
        "by how much width and height grow, up to {factors:g} (default: the upscaler's own scale)",
        factors=FACTORS[1],
    )
    add("--by", metavar="FACTOR", help=by)
    _add_refining(parser)
    add(
        "-o",
        "--output",
        metavar="PATH",
        help=tr(
            "a file ending in {suffixes} (one of this name is replaced), or a folder, which several "
            "pictures want (default: new files in the pictures folder)",
            suffixes=", ".join(SUFFIXES),
        ),
    )
    add("--list", action="store_true", help=tr("print the upscalers that are found, as JSON, and do nothing else"))
    add("--device", metavar="NAME", help=tr("cuda, cuda:1, mps, xpu or cpu (default: the best one there is)"))
    add("--json", action="store_true", help=tr("print path and recipe of each picture as a line of JSON"))


def _add_refining(parser: ArgumentParser) -> None:
    add = parser.add_argument
    refine = tr(
        "denoise the picture again in tiles after that, with the settings of its recipe: how much of it may "
        "change, above 0, at most 1 (without a number: {strength:g}); with --by 1 at the size that it has; things "
        "may repeat in many tiles: 0.15 keeps more of the picture",
        strength=DEFAULT_STRENGTH,
    )
    add("--refine", metavar="STRENGTH", nargs="?", const=f"{DEFAULT_STRENGTH:g}", help=refine)
    add(
        "--tile",
        metavar="PX",
        help=tr("the side of these tiles (default: the size that the model was trained in)"),
    )
    add("--prompt", metavar="TEXT", help=tr("for --refine: other words than those of the picture's recipe"))
    model = tr("for --refine: another model than that of the picture's recipe, with its own settings")
    add("--model", metavar="KEY", help=model)
    add("--seed", metavar="N", help=tr("for --refine: another seed than that of the picture's recipe"))


def _run(arguments: Namespace) -> int:
    settings = load_settings(Folders.default())
    catalogue = users_catalogue(Folders.default(), lambda: settings)
    library = upscalers_of(catalogue)
    if arguments.list:
        kinds = ((file, file.kind) for file in library.look())
        told = [
            {
                "name": file.name,
                "scale": kind and kind.scale,
                "kind": kind and kind.architecture,
                "path": file.path,
            }
            for file, kind in kinds
        ]
        print(to_json([{**one, "path": str(one["path"])} for one in told], indent=2))
        return 0
    paths = [Path(name) for name in arguments.pictures]
    if not paths:
        sentence = tr("Which picture? Type emulsion upscale PICTURE; emulsion upscale --help explains.")
        raise InvalidRequest("picture", "", tr("one picture or more"), sentence=sentence)
    if (file := library.find(arguments.upscaler)).suffix.lower() == SUFFIX:
        read_upscaler(file)
    refining = _refining(arguments, catalogue)
    upscaler = Upscaler(arguments.upscaler, _factor(arguments.by))
    wanted = None if refining is not None and upscaler.factor == 1 else upscaler
    for path in paths:
        _check(path, upscaler.factor, refining, catalogue)
    save = output_of(arguments.output, len(paths), settings)
    with Progress(sys.stderr) as progress, Interrupts() as interrupts:
        progress.begin_phase(PHASES[Phase.importing])
        with kept_for_good():
            from core.engine.engine import Engine

        notes = Notes(progress)
        how = (arguments.device or settings.device, settings.dtype, settings.memory)
        with closing(Engine(catalogue, *how)) as engine:
            for path in paths:
                for event in engine.run(Enlarge(picture_of(path), wanted, refining)):
                    interrupts.check()
                    notes.follow(event)
                    match event:
                        case Loading(phase):
                            if phase is Phase.refining and (use := result_of(engine, ReportMemory()).plan):
                                progress.note(tr("memory: {explain}", explain=use.explain()))
                            progress.begin_phase(f"{path.name}: {PHASES[phase]}")
                        case Advanced(done, total):
                            progress.finish_step(done, total)
                        case Finished(image):
                            saved = save_or_rescue(save, image)
                            progress.clear()
                            recipe = recipe_to_json(image.recipe)
                            told = to_json({"path": str(saved), "recipe": recipe}) if arguments.json else saved
                            print(told, flush=True)
                        case _:
                            pass
    return 0


def _refining(arguments: Namespace, catalogue: Catalogue) -> Refining | None:
    """Returns the refinement that was typed. Raises InvalidRequest or ModelMissing."""
    only_with_it = ("tile", "prompt", "model", "seed")
    if arguments.refine is None:
        for name in only_with_it:
            if (text := getattr(arguments, name)) is not None:
                raise needing(name, text, f"--{name}", "--refine")
        return None
    tile, seed = (
        None if text is None else typed_whole_number(name, text, allowed)
        for name, text, allowed in (
            ("tile", arguments.tile, range(1, LARGEST_SIDE + 1)),
            ("seed", arguments.seed, range(LARGEST_SEED + 1)),
        )
    )
    how = Refinement(typed_number("refine", arguments.refine, 1.0), tile or 0)
    if not 0 < how.strength <= 1:
        raise InvalidRequest("refine", arguments.refine, tr("a number above 0 and at most 1"))
    prompt = None if arguments.prompt is None else storable("prompt", arguments.prompt)
    settings = None if arguments.model is None else replace(catalogue.find(arguments.model).defaults, prompt="")
    return Refining(how, settings, is_own=settings is None, prompt=prompt, seed=seed)


def _check(path: Path, factor: float, refining: Refining | None, catalogue: Catalogue) -> None:
    """Raises what the engine would raise for a picture, before it is loaded and others are made."""
    image = picture_of(path)
    if refining is None:
        return
    request = refining_request(image.recipe, refining)
    try:
        model = catalogue.find(request.model)
    except ModelMissing as error:
        sentence = tr(
            "{picture} was made with the model {model}, which is not in the model folders: give its place, or "
            "another model, with --model.",
            picture=path.name,
            model=shown(request.model),
        )
        raise InvalidRequest("model", request.model, "", sentence=sentence) from error
    how = replace(refining.how, tile=tile_side(model, refining.how.tile))
    height, width = (round(side * (factor or 1)) for side in image.pixels.shape[:2])
    check_refining(request, Size(width, height), how)


def _factor(text: str | None) -> float:
    """Returns the factor that was typed, 0 for the upscaler's own. Raises InvalidRequest."""
    if text is None:
        return 0.0
    factor = typed_number("by", text, FACTORS[1])
    if not FACTORS[0] <= factor <= FACTORS[1]:
        raise InvalidRequest(
            "by", text, tr("a number from {factors:g} to {factors_2:g}", factors=FACTORS[0], factors_2=FACTORS[1])
        )
    return factor


COMMAND = Command(tr("make finished pictures larger"), _add_arguments, _run)
