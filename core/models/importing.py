"""Models that the user brings along: what is at a place, and a copy of it among the program's own models."""

import os
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.weights import vocabulary_of, weights_of
from core.errors import InvalidRequest, ModelBroken, SaveFailed
from core.families import FAMILIES
from core.files.atomic import TEMPORARY_PREFIX, words_of
from core.files.free_space import SPARE_BYTES, free_bytes_at
from core.files.sizes import size_text
from core.language.words import tr
from core.models.catalogue import Catalogue, Model
from core.models.folders import INDEX, key_of, models_in

NEEDED_SUFFIXES = frozenset({".json", ".jinja", ".model", ".safetensors", ".txt"})
"""Of the files in a diffusers folder that are copied; pickled weights and programs stay behind."""

_AT_ONCE = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Found:
    """The usable models of a place, and its other files, each with the reason against it."""

    models: tuple[Model, ...]
    refused: tuple[ModelBroken, ...]


@dataclass(frozen=True, slots=True)
class Copying:
    """So many bytes of a copy are written."""

    done: int
    total: int


def find_models(catalogue: Catalogue, place: Path) -> Found:
    """Looks at every model at a place: a file, a diffusers folder, or a folder with models.

    Raises ModelBroken with the reason where there is none that can be used.
    """
    if not place.exists():
        raise ModelBroken(place, tr("this file is missing"))
    models: list[Model] = []
    refused: list[ModelBroken] = []
    for path in models_in(place):
        try:
            model = catalogue.read(path, key_of(path))
            check_whole(model)
            models.append(model)
        except ModelBroken as error:
            refused.append(error)
    if models:
        return Found(tuple(models), tuple(refused))
    if refused:
        raise refused[0]
    raise ModelBroken(place, tr("there is no model in it: no .safetensors or .gguf file and no diffusers folder"))


def check_whole(model: Model) -> None:
    """Raises ModelBroken where a part of a diffusers folder is missing or damaged; single files are read whole."""
    family = FAMILIES[model.family]
    here = tuple(part for part in family.parts if part not in model.without) if model.file is None else ()
    for part in here:
        weights_of(model.folder / part)
    for encoder in (part for part in family.text_encoders if part in here):
        vocabulary_of(model.folder / encoder.replace("text_encoder", "tokenizer"), family.tokenizer.kind == "clip")


def copy_model(source: Path, folder: Path) -> Generator[Copying, None, Path]:
    """Copies a single file or a diffusers folder into ``folder`` and returns where it is then.

    The copy gets its name when it is whole; closing the generator leaves nothing behind. Raises InvalidRequest
    when the name is taken and SaveFailed when it cannot be written, or the disk has too little room.
    """
    target = folder / source.name
    if os.path.lexists(target):
        raise InvalidRequest("model", source.name, tr("one whose name is not taken in {folder}", folder=folder))
    files = files_of(source)
    try:
        total = sum(path.stat().st_size for path, _ in files)
        free = free_bytes_at(folder)
        if free < total + SPARE_BYTES:
            room = tr(
                "{needed} needed and {free} free on this disk", needed=size_text(total), free=size_text(free)
            )
            raise SaveFailed(target, room)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{TEMPORARY_PREFIX}import-{source.name}"
        _discard(temporary)
        try:
            yield from _copy_all(files, temporary, total)
            temporary.rename(target)
        finally:
            _discard(temporary)
    except OSError as error:
        raise SaveFailed(target, words_of(error)) from error
    return target


def files_of(source: Path) -> list[tuple[Path, Path]]:
    """Returns each file with its place in the copy; ``model_index.json``, which completes a model, is last."""
    if source.is_file():
        return [(source, Path())]
    found = [path for path in source.rglob("*") if path.is_file() and path.suffix.lower() in NEEDED_SUFFIXES]
    visible = (path for path in sorted(found) if not path.name.startswith("."))  # a Mac leaves ._NAME on drives
    placed = [(path, path.relative_to(source)) for path in visible]
    return sorted(placed, key=lambda entry: entry[1].name == INDEX)


def _copy_all(files: list[tuple[Path, Path]], temporary: Path, total: int) -> Generator[Copying]:
    done = 0
    for path, place in files:
        target = temporary / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as content, target.open("xb") as copy:
            while part := content.read(_AT_ONCE):
                copy.write(part)
                done += len(part)
                yield Copying(done, total)
            copy.flush()
            os.fsync(copy.fileno())


def _discard(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        temporary.unlink(missing_ok=True)
