"""``emulsion info PICTURE``: the recipe inside a picture, as JSON."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from app.cli.command import Command
from app.cli.terminal import to_json
from core.pictures.metadata import read_recipe
from core.recipes.recipe import recipe_to_json


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("picture", metavar="PICTURE", help="a PNG, JPEG or WebP file")


def _run(arguments: Namespace) -> int:
    print(to_json(recipe_to_json(read_recipe(Path(arguments.picture))), indent=2))
    return 0


COMMAND = Command("print the recipe of a picture as JSON", _add_arguments, _run)
