"""``emulsion models import``: models of the user's own, from scripts; results as JSON."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app.cli.terminal import Progress, to_json
from app.messages.imports import refused
from app.messages.training import training_to_json
from core.errors import InvalidRequest, ModelBroken
from core.files.sizes import size_text
from core.language.words import tr
from core.models.catalogue import Catalogue, Model, hashed_file, users_catalogue
from core.models.importing import Found, copy_model, find_models
from core.paths import Folders
from core.settings.settings import load_settings, save_settings

BAD_INPUT = 2


def add_import_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    about = tr("a .safetensors or .gguf checkpoint, a diffusers folder, or a folder with models of other programs")
    add("place", metavar="FILE|FOLDER", type=Path, help=about)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--in-place", action="store_true", help=tr("use it where it is (the default)"))
    way.add_argument("--copy", action="store_true", help=tr("copy it into the models folder"))
    add("--no-hash", action="store_true", help=tr("do not read the whole file for its SHA-256 now"))


def run_import(arguments: Namespace) -> int:
    """2 when there is nothing at the place that can be used."""
    folders = Folders.default()
    catalogue = users_catalogue(folders, partial(load_settings, folders))
    place = arguments.place.absolute()
    with Progress(sys.stderr) as progress:
        try:
            found = find_models(catalogue, place)
            if arguments.copy:
                found = _copy(catalogue, found, load_settings(folders).model_folders[0], progress)
            else:
                _take_place(place, folders)
            for model in found.models:
                sha256 = _hash(catalogue, model, progress, is_read=not arguments.no_hash)
                progress.clear()
                _tell({**described(model, sha256), "is_copied": arguments.copy})
        except ModelBroken as error:
            progress.clear()
            sys.stderr.write(f"emulsion: {refused(error)}\n")
            return BAD_INPUT
        finally:
            catalogue.memory.save()
        for error in found.refused:
            _tell({"file": str(error.path), "refused": error.reason})
    return 0


def _copy(catalogue: Catalogue, found: Found, folder: Path, progress: Progress) -> Found:
    copied: list[Model] = []
    for model in found.models:
        source = model.place
        with closing(copy_model(source, folder)) as steps:
            for step in steps:
                progress.show_amount(
                    tr(
                        "copying {name}, {done} of {total}",
                        name=source.name,
                        done=size_text(step.done, 2),
                        total=size_text(step.total, 2),
                    )
                )
        copied.append(catalogue.read(folder / source.name, model.key))
    return replace(found, models=tuple(copied))


def _take_place(place: Path, folders: Folders) -> None:
    """Looks for models there from now on."""
    settings = load_settings(folders)
    if any(place == known or known in place.parents for known in settings.model_folders):
        return
    places, instead = (*settings.model_folders, place), tr("drop it on the window, or --copy it")
    change_settings(folders, "import without --copy", instead, model_folders=places)


def change_settings(folders: Folders, option: str, instead: str, **changes: Any) -> None:
    """Changes fields of the settings. Raises InvalidRequest while a window keeps them."""
    from app.startup.single_instance import is_claimed

    if is_claimed(folders.data):
        allowed = tr(
            "used while Emulsion's window is closed, which keeps the settings; {instead}", instead=instead
        )
        raise InvalidRequest("option", option, allowed)
    save_settings(replace(load_settings(folders), **changes), folders)


def _hash(catalogue: Catalogue, model: Model, progress: Progress, *, is_read: bool) -> str:
    """ "" where it is not known and shall not be read. Raises ModelBroken."""
    if is_read:
        file = hashed_file(model)
        total = file.stat().st_size
        for done in catalogue.memory.hashing(file):
            progress.show_amount(
                tr(
                    "reading {name}, {done} of {total}",
                    name=file.name,
                    done=size_text(done, 2),
                    total=size_text(total, 2),
                )
            )
    return catalogue.sha256_if_known(model)


def _tell(result: dict[str, object]) -> None:
    sys.stdout.write(f"{to_json(result)}\n")
    sys.stdout.flush()


def described(model: Model, sha256: str) -> dict[str, object]:
    """Returns what scripts are told of a model."""
    return {
        "model": model.key,
        "name": model.name,
        "family": model.family,
        "file": str(model.file) if model.file is not None else None,
        "folder": str(model.folder) if model.file is None else None,
        "sha256": sha256 or None,
        "training": training_to_json(model),
    }
