"""``emulsion info FILE``: the recipe in a picture, or facts about a model, a LoRA or a ControlNet, as JSON."""

from argparse import ArgumentParser, Namespace
from contextlib import suppress
from functools import partial
from pathlib import Path

from app.cli.command import Command
from app.cli.models_import import described
from app.cli.terminal import to_json
from core.checkpoints.lora_keys import is_addition, lora_layers
from core.control.file import UNREAD, ControlFile
from core.errors import ControlBroken
from core.files.safetensors_header import PICKLED_SUFFIXES
from core.files.weights_header import read_header
from core.language.words import tr
from core.lora.file import SUFFIX, read_lora
from core.models.catalogue import Catalogue, users_catalogue
from core.models.importing import check_whole
from core.paths import Folders
from core.pictures.metadata import read_recipe
from core.recipes.recipe import recipe_to_json
from core.request.control import Control
from core.settings.settings import load_settings


def _add_arguments(parser: ArgumentParser) -> None:
    about = tr(
        "a picture (PNG, JPEG or WebP), a model (.safetensors, .gguf or a diffusers folder), a LoRA or a "
        "ControlNet"
    )
    parser.add_argument("file", metavar="FILE", help=about)


def _run(arguments: Namespace) -> int:
    path = Path(arguments.file)
    is_of_model = path.is_dir() or path.suffix.lower() in {SUFFIX, *PICKLED_SUFFIXES}
    print(to_json(_weights(path) if is_of_model else recipe_to_json(read_recipe(path)), indent=2))
    return 0


def _weights(path: Path) -> dict[str, object]:
    folders = Folders.default()
    catalogue = users_catalogue(folders, partial(load_settings, folders))
    with suppress(ControlBroken):
        control = catalogue.controls.read(path)
        return _control(control if control.kind != UNREAD else _of_pickle(catalogue, path))
    if path.is_file() and is_addition(lora_layers(read_header(path).tensors)):
        return _lora(path)
    model = catalogue.read(path, path.stem if path.is_file() else path.name)
    check_whole(model)
    return described(model, catalogue.sha256_if_known(model))


def _of_pickle(catalogue: Catalogue, path: Path) -> ControlFile:
    from core.engine.weights.control_files import found_control

    return found_control(catalogue.controls, Control(str(path.absolute()), ""))


def _control(file: ControlFile) -> dict[str, object]:
    about = {"kind": file.kind, "made_for": file.made_for or None, "weights": file.values}
    return {"name": file.name, **about, "types": list(file.types), "preprocessors": list(file.preprocessors)}


def _lora(path: Path) -> dict[str, object]:
    file = read_lora(path)
    about = {"kind": file.kind, "made_for": file.made_for or None, "trigger_words": list(file.words)}
    return {"name": file.name, **about, "layers": file.usage.layers, "left_out": dict(file.usage.left_out)}


COMMAND = Command(
    tr("print the recipe of a picture, or what a model, a LoRA or a ControlNet is, as JSON"), _add_arguments, _run
)
