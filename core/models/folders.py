"""Finds models in the user's own folders and in those of other programs, which are read in place.

AUTOMATIC1111 keeps them in ``models/Stable-diffusion``, ComfyUI in ``models/checkpoints`` and
``models/diffusion_models``, InvokeAI in ``models/<kind>``: any of these folders, or one above, can be pointed to.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.errors import ModelBroken
from core.families import family_names, family_of_pipeline
from core.families.spec import FamilySpec
from core.files.json_file import read_json
from core.files.weights_header import SUFFIXES
from core.language.words import tr

DEEPEST = 5
MOST_ENTRIES = 20_000
INDEX = "model_index.json"
OTHER_KINDS = frozenset(
    {
        "clip",
        "clip_vision",
        "codeformer",
        "configs",
        "controlnet",
        "embedding",
        "embeddings",
        "esrgan",
        "gfpgan",
        "gligen",
        "hypernetworks",
        "ip_adapter",
        "lora",
        "loras",
        "lycoris",
        "node_modules",
        "output",
        "outputs",
        "python_embeded",
        "style_models",
        "t2i_adapter",
        "t5_encoder",
        "text_encoder",
        "text_encoders",
        "tokenizer",
        "torch_deepdanbooru",
        "upscale_models",
        "vae",
        "vae-approx",
        "vae_approx",
        "venv",
    }
)
"""Folders of other programs in which no models lie, in lower case."""


PART_FOLDERS = ("text_encoders", "text_encoder", "clip", "t5_encoder", "vae", "VAE")
"""Folders of parts of models, in a folder of models or beside it: ComfyUI's, Forge's and InvokeAI's."""


class Places(Protocol):
    """Folders and files in which the user has models and add-ons; `core.settings.settings.Settings` holds them."""

    @property
    def model_folders(self) -> tuple[Path, ...]: ...

    @property
    def lora_places(self) -> tuple[Path, ...]: ...

    @property
    def embedding_places(self) -> tuple[Path, ...]: ...

    @property
    def autoencoder_places(self) -> tuple[Path, ...]: ...

    @property
    def model_traits(self) -> Mapping[str, str]:
        """Returns what the user chose, by SHA-256, in the form of `core.request.traits.traits_to_text`."""
        ...

    @property
    def model_parts(self) -> Mapping[str, str]:
        """Returns the paths of chosen parts, by the key of a model and the part: ``"klein/text_encoder"``."""
        ...


@dataclass(frozen=True, slots=True)
class FixedPlaces:
    """The `Places` of a catalogue without settings."""

    model_folders: tuple[Path, ...] = ()
    lora_places: tuple[Path, ...] = ()
    embedding_places: tuple[Path, ...] = ()
    autoencoder_places: tuple[Path, ...] = ()
    model_traits: Mapping[str, str] = field(default_factory=dict[str, str])
    model_parts: Mapping[str, str] = field(default_factory=dict[str, str])


def family_in(folder: Path) -> FamilySpec:
    """Returns the family of a diffusers folder. Raises ModelBroken."""
    if folder.is_dir() and not (folder / INDEX).is_file():
        raise ModelBroken(folder, tr("it is not a diffusers folder: there is no {index} in it", index=INDEX))
    pipeline = read_json(folder / INDEX).get("_class_name")
    if (family := family_of_pipeline(pipeline)) is None:
        what = (
            tr("it is a {pipeline}", pipeline=pipeline)
            if isinstance(pipeline, str)
            else tr("its {index} names no pipeline", index=INDEX)
        )
        raise ModelBroken(
            folder, tr("{what}; supported families are {family_names}", what=what, family_names=family_names())
        )
    return family


def key_of(path: Path) -> str:
    """Returns what requests call a model: a file's or a folder's name, a repository's in a cache of the hub."""
    if path.suffix.lower() in SUFFIXES:
        return path.stem
    repository = path.parent.parent.name  # models--owner--name/snapshots/<commit>
    is_cached = path.parent.name == "snapshots" and repository.startswith("models--")
    return repository.rpartition("--")[2] if is_cached else path.name


def models_in(place: Path) -> Iterator[Path]:
    """Diffusers folders and single files in a folder and below it, in the order of their names.

    A file or a diffusers folder is itself one; a place that is away or may not be read has none.
    """
    if place.is_file() or (place / INDEX).is_file():
        yield place
        return
    left = [MOST_ENTRIES]
    yield from _walk(place, DEEPEST, left)


def part_files_in(folders: Iterable[Path]) -> Iterator[Path]:
    """Returns all files of weights in folders of models, also below folders of parts, and in such beside them.

    For a part in the layout of diffusers or transformers it is its folder.
    """
    left, seen = [MOST_ENTRIES], set[Path]()
    for folder in folders:
        beside = (folder.parent / name for name in PART_FOLDERS) if folder.is_dir() else ()
        for place in (folder, *beside):
            for file in (place,) if place.is_file() else _walk(place, DEEPEST, left, without=frozenset()):
                path = _part_of(file)
                if path not in seen and file.suffix.lower() in SUFFIXES:
                    seen.add(path)
                    yield path


def _part_of(file: Path) -> Path:
    is_component = _COMPONENT.match(file.name) and (file.parent / "config.json").is_file()
    return file.parent if is_component else file


_COMPONENT = re.compile(r"(model|diffusion_pytorch_model)(\.\w+)?(-\d{5}-of-\d{5})?\.safetensors$")


def _walk(folder: Path, depth: int, left: list[int], without: frozenset[str] = OTHER_KINDS) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name.lower())
    except OSError:
        return
    for entry in entries:
        left[0] -= 1
        if left[0] < 0:
            return
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if not _is_folder(entry):
            if path.suffix.lower() in SUFFIXES:
                yield path
        elif (path / INDEX).is_file():
            yield path
        elif depth > 1 and entry.name.lower() not in without:
            yield from _walk(path, depth - 1, left, without)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
