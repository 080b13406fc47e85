"""``emulsion generate PROMPT``: pictures from words, by the same engine as in the window."""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace

from app.cli.combinations import ALL, MOST_COMBINATIONS, every
from app.cli.command import Command
from app.cli.picture_job import Job
from app.cli.picture_output import output_of
from app.cli.picture_runs import add_run_options, job_of, saved_pictures
from app.cli.terminal import Progress
from app.cli.typed_request import add_request_options, typed_request
from core.language.words import tr
from core.models.catalogue import users_catalogue
from core.models.compatibility import check_autoencoder, check_controls, check_loras
from core.paths import Folders
from core.pictures.masked_picture import check_source
from core.pictures.metadata import SUFFIXES
from core.pictures.reference import read_reference, size_of
from core.prompt.drawing import has_template
from core.request.request import STARTER_MODEL
from core.request.settings import validate
from core.request.settings.seed import RANDOM_SEEDS
from core.request.typed_values import storable
from core.runs.events import PreviewMode
from core.runs.operations import Generate
from core.settings.settings import load_settings


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


COMMAND = Command(tr("make pictures from words"), _add_arguments, _run)
