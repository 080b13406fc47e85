"""``emulsion draw TEMPLATE``: what the variants and wildcards of a prompt draw, without making pictures."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser, Namespace
from dataclasses import replace

from app.cli.combinations import ALL, every
from app.cli.command import Command, whole_number
from app.cli.terminal import to_json
from core.language.words import tr
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.prompt.drawing import drawn
from core.request.request import COUNT, LARGEST_SEED, GenerationRequest
from core.request.settings.seed import RANDOM_SEEDS
from core.settings.settings import load_settings


def _add_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("prompt", metavar="PROMPT", help=tr("as for emulsion generate, in quotes"))
    add("--negative", metavar="TEXT", default="", help=tr("the negative prompt, which draws by itself"))
    add("--seed", metavar="N", help=tr("of the first picture (default: any)"))
    add("--count", metavar="N", default="1", help=tr("for this many pictures, whose seeds count up"))
    add("--combinations", action="store_true", help=ALL)
    add("--json", action="store_true", help=tr("print each as a line of JSON"))


def _run(arguments: Namespace) -> int:
    settings = load_settings(Folders.default())
    values_of = users_catalogue(Folders.default(), lambda: settings).wildcards.values
    request = GenerationRequest(arguments.prompt, arguments.negative, variants=True)
    typed = whole_number("seed", arguments.seed, range(LARGEST_SEED + 1))
    first = secrets.randbelow(RANDOM_SEEDS) if typed is None else typed
    if arguments.combinations:
        found = every(request, values_of)
    else:
        count = whole_number("count", arguments.count, COUNT) or 1
        singles = (replace(request, seed=(first + number) % (LARGEST_SEED + 1)) for number in range(count))
        found = tuple(drawn(single, values_of) for single in singles)
    for one in found:
        if arguments.json:
            told = {"seed": one.seed} if one.seed is not None else {}
            print(to_json({**told, "prompt": one.prompt, "negative_prompt": one.negative_prompt}))
        else:
            without = tr("{prompt} · without {negative}", prompt=one.prompt, negative=one.negative_prompt)
            print(without if one.negative_prompt else one.prompt)
    return 0


COMMAND = Command(tr("show what a prompt with variants draws"), _add_arguments, _run)
