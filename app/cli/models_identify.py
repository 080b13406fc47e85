"""``emulsion models identify``: the kind, variant and packing of files of weights, by their headers."""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from app.cli.terminal import to_json
from app.messages.identity import identity_text
from core.errors import InvalidRequest, ModelBroken
from core.files.weights_header import SUFFIXES, is_gguf
from core.language.words import tr
from core.models.folders import INDEX, family_in
from core.models.identity import Identity, identify


def run_identify(arguments: Namespace) -> int:
    """1 for a file that cannot be used as it is; its reason is told."""
    told = [_identity(Path(file)) for file in arguments.files]
    for facts in told:
        as_json = {**asdict(facts), "path": str(facts.path)}
        line = to_json(as_json) if arguments.json else identity_text(facts)
        sys.stdout.write(f"{line}\n")
    return 1 if any(facts.problem for facts in told) else 0


def _identity(path: Path) -> Identity:
    """Takes for a folder the diffusers folder that it is, or is a part of. Raises InvalidRequest."""
    try:
        if path.is_dir():
            place = path.resolve()
            folder = place.parent if (place.parent / INDEX).is_file() else place
            family = family_in(folder).name
            return Identity(folder, "diffusers folder", family, family)
        return identify(path)
    except ModelBroken as error:
        sentence = tr("{name} cannot be identified: {reason}.", name=path.name, reason=error.reason)
        if not path.exists():
            sentence = tr("There is no file called {name}.", name=path)
        elif path.is_file() and path.suffix.lower() not in SUFFIXES and not is_gguf(path):
            sentence = tr(
                "{name} is no file of weights ({suffixes}).", name=path.name, suffixes=", ".join(SUFFIXES)
            )
        raise InvalidRequest("file", str(path), tr("a file of weights"), sentence=sentence) from error


def add_identify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help=tr("a file of weights (.safetensors or .gguf), or a diffusers folder"),
    )
    parser.add_argument("--json", action="store_true", help=tr("print an object on each line"))
