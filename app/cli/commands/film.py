"""``emulsion film PICTURE``: what the film of a picture holds, and its export as video, animation or sheet."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.cli.command import Command, whole_number
from app.cli.terminal import Notes, Progress, to_json
from app.messages.errors import PHASES
from app.startup.engine_imports import engine_imports
from core.errors import InvalidRequest, UnreadablePicture
from core.files.atomic import check_writable
from core.film.film import Film, Latent
from core.film.reader import SUFFIX, Recording, film_path, read_recording
from core.film_export.export import FRAME_MS, HOLD_MS, ExportOptions, export
from core.film_export.formats import FORMATS
from core.film_export.pictures import PICTURES, export_frames
from core.language.words import tr
from core.measures.pacing import even_motion
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.pictures.pixels import Pixels
from core.runs.events import Phase
from core.runs.operations import Decode, OpenFilm, result_of
from core.settings.settings import load_settings

WIDTH_PX = range(16, 4097)


def _add_arguments(parser: ArgumentParser) -> None:
    defaults = ExportOptions(Path(), "mp4")
    suffixes = ", ".join(film_format.suffix for film_format in FORMATS.values())
    add = parser.add_argument
    add("picture", metavar="PICTURE", help=tr("a picture with a film beside it, or the film itself"))
    add(
        "--export",
        metavar="FILE",
        help=tr("write the film as this file, ending in {suffixes} (a contact sheet)", suffixes=suffixes),
    )
    add(
        "--views",
        metavar="NAMES",
        default="denoised",
        help=tr("side by side, of {pictures}", pictures=", ".join(PICTURES)),
    )
    add("--linear", action="store_true", help=tr("show latents by the linear map to colours; needs no model"))
    add(
        "--frame-ms",
        metavar="N",
        help=tr("how long each step is shown (default: {frame_ms})", frame_ms=defaults.frame_ms),
    )
    add("--even-steps", action="store_true", help=tr("show all steps equally long, not longer where much changes"))
    add(
        "--hold-ms",
        metavar="N",
        help=tr("how much longer the last one is shown (default: {hold_ms})", hold_ms=defaults.hold_ms),
    )
    add("--there-and-back", action="store_true", help=tr("after the last step all others follow backwards"))
    add("--width", metavar="N", help=tr("width in pixels (default: that of the picture)"))
    add("--no-captions", action="store_true", help=tr("without the line with step and noise"))


def _run(arguments: Namespace) -> int:
    path = Path(arguments.picture)
    film_file = path if path.name.endswith(SUFFIX) else film_path(path)
    if not film_file.is_file():
        raise UnreadablePicture(path, tr("there is no film beside it ({name})", name=film_file.name))
    names = _names(arguments.views)
    options = _options(arguments)
    recording = read_recording(film_file)
    if options is None:
        print(to_json(_summary(recording, film_file), indent=2))
        return 0
    check_writable(options.path.parent)
    if any(_is_same_file(options.path, own) for own in (path, film_file)):
        raise InvalidRequest("export", arguments.export, tr("another file than the picture and its film"))
    with Progress(sys.stderr) as progress:
        progress.begin_phase(PHASES[Phase.importing])
        _export(film_file, names, options, progress, arguments)
    print(options.path)
    return 0


def _export(
    film_file: Path, names: list[str], options: ExportOptions, progress: Progress, arguments: Namespace
) -> None:
    with engine_imports():
        from core.engine.engine import Engine

    settings = load_settings(Folders.default())
    catalogue = users_catalogue(Folders.default(), lambda: settings)
    how = (settings.device, settings.dtype, settings.memory, settings.tiled_decode)
    notes = Notes(progress)
    with closing(Engine(catalogue, *how)) as engine:
        film = result_of(engine, OpenFilm(film_file)).film

        def decode(film: Film, latent: Latent) -> Pixels:
            return result_of(engine, Decode(film, latent), notes.follow)

        progress.begin_phase(tr("writing the film"))
        frames = export_frames(film, names, None if arguments.linear else decode)
        if not arguments.even_steps:
            options = replace(options, pace=even_motion([frame.denoised for frame in film.frames]))
        for state in export(frames, len(film.frames), options):
            progress.finish_step(state.done, state.total)


def _is_same_file(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _names(text: str) -> list[str]:
    names = [name.strip().replace("-", "_") for name in text.split(",")]
    for name in names:
        if name not in PICTURES:
            raise InvalidRequest(
                "views", name, tr("names of {pictures}, with commas between them", pictures=", ".join(PICTURES))
            )
    return names


def _options(arguments: Namespace) -> ExportOptions | None:
    """Checks what was asked for before anything is read. Raises InvalidRequest."""
    if arguments.export is None:
        return None
    path = Path(arguments.export)
    by_suffix = {film_format.suffix: key for key, film_format in FORMATS.items()}
    if path.suffix.lower() not in by_suffix:
        raise InvalidRequest(
            "export", arguments.export, tr("a file ending in {by_suffix}", by_suffix=", ".join(by_suffix))
        )
    own = ExportOptions(path, by_suffix[path.suffix.lower()])
    frame_ms = whole_number("frame-ms", arguments.frame_ms, FRAME_MS)
    hold_ms = whole_number("hold-ms", arguments.hold_ms, HOLD_MS)
    return ExportOptions(
        path=path,
        format=own.format,
        frame_ms=own.frame_ms if frame_ms is None else frame_ms,
        hold_ms=own.hold_ms if hold_ms is None else hold_ms,
        has_captions=not arguments.no_captions,
        width_px=whole_number("width", arguments.width, WIDTH_PX),
        goes_back=arguments.there_and_back,
    )


def _summary(recording: Recording, path: Path) -> dict[str, object]:
    film = recording.film
    return {
        "film": str(path),
        "bytes": path.stat().st_size,
        "is_complete": recording.is_complete,
        "calls": len(recording.calls),
        "steps": film.request.steps,
        "second_pass": None
        if film.second is None
        else {"steps": film.request.all_steps - film.request.steps, "latent": list(film.second.shape)},
        "sampler": film.request.sampler,
        "scheduler": film.scheduler,
        "prediction_type": film.prediction_type,
        "latent": list(recording.start.shape),
        "dtype": str(recording.calls[0].guided.dtype) if recording.calls else None,
        "has_guidance": bool(recording.calls) and recording.calls[0].cond is not None,
        "computed_by": film.computed_by,
        "run": film.run,
        "parent": None if film.parent is None else film.parent.run,
        "sigmas": [round(float(sigma), 4) for sigma in film.schedule.sigmas if sigma != float("inf")],
    }


COMMAND = Command(tr("show or export the film of a picture"), _add_arguments, _run)
