"""``emulsion models identify``: the kind, variant and packing of files of weights, by their headers."""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from app.cli.terminal import to_json
from app.messages.identity import identity_text
from core.language.words import tr
from core.models.identity import identify


def run_identify(arguments: Namespace) -> int:
    """1 for a file that cannot be used as it is; its reason is told."""
    told = [identify(Path(file)) for file in arguments.files]
    for facts in told:
        as_json = {**asdict(facts), "path": str(facts.path)}
        line = to_json(as_json) if arguments.json else identity_text(facts)
        sys.stdout.write(f"{line}\n")
    return 1 if any(facts.problem for facts in told) else 0


def add_identify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help=tr("a file of weights (.safetensors or .gguf)"))
    parser.add_argument("--json", action="store_true", help=tr("print an object on each line"))
