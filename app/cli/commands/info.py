"""``emulsion info FILE``: the recipe inside a picture, or the facts about a LoRA file, as JSON."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from app.cli.command import Command
from app.cli.terminal import to_json
from core.lora.file import SUFFIX, read_lora
from core.pictures.metadata import read_recipe
from core.recipes.recipe import recipe_to_json


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a picture (PNG, JPEG or WebP), or a LoRA (.safetensors)")


def _run(arguments: Namespace) -> int:
    path = Path(arguments.file)
    facts = _lora(path) if path.suffix.lower() == SUFFIX else recipe_to_json(read_recipe(path))
    print(to_json(facts, indent=2))
    return 0


def _lora(path: Path) -> dict[str, object]:
    file = read_lora(path)
    about = {"kind": file.kind, "made_for": file.made_for or None, "trigger_words": list(file.words)}
    return {"name": file.name, **about, "layers": file.usage.layers, "left_out": dict(file.usage.left_out)}


COMMAND = Command("print the recipe of a picture, or what a LoRA file is, as JSON", _add_arguments, _run)
