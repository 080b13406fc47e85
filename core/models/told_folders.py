"""Folders that ComfyUI's ``extra_model_paths.yaml`` names, read as that program does (``utils/extra_config.py``).

A file holds blocks; in each, ``base_path`` begins the other paths, and every other key is a kind of model with one
path or several, on lines of their own. The text comes from outside: it is read in bounds, as plain texts only.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from core.files.stamps import Stamp, stamp_of
from core.models.folders import FixedPlaces, Places

log = logging.getLogger(__name__)

FILE_NAME = "extra_model_paths.yaml"
MOST_BYTES = 2**16
_ABOVE = 3
"""A model folder may be ``ComfyUI``, ``ComfyUI/models`` or one in it; the file lies in the first."""

_MODELS = ("checkpoints", "diffusion_models", "unet", "text_encoders", "clip", "vae", "diffusers")
_NO_PATHS = ("base_path", "is_default")


def with_told(places: Places) -> Places:
    """Returns the places, and those that files of ComfyUI beside the model folders name."""
    told = [named for file in _files_beside(places.model_folders) for named in _folders(file, stamp_of(file))]
    if not told:
        return places
    kept = {field.name: getattr(places, field.name) for field in fields(FixedPlaces)}

    def more(name: str, *kinds: str) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((*kept[name], *(path for kind, path in told if kind in kinds))))

    kept["model_folders"] = more("model_folders", *_MODELS)
    kept["lora_places"] = more("lora_places", "loras")
    kept["embedding_places"] = more("embedding_places", "embeddings")
    return FixedPlaces(**kept)


def _files_beside(folders: Iterable[Path]) -> dict[Path, None]:
    above = (place for folder in folders for place in (folder, *folder.parents)[:_ABOVE])
    return dict.fromkeys(place / FILE_NAME for place in above if (place / FILE_NAME).is_file())


@lru_cache(maxsize=16)
def _folders(file: Path, _stamp: Stamp) -> tuple[tuple[str, Path], ...]:
    """Returns each folder with its kind; nothing for a file that cannot be read."""
    import yaml  # for the few that have one

    try:
        with file.open("rb") as content:
            # the plainest loader: no tags, numbers or merged keys, by which small files become large objects
            blocks = yaml.load(content.read(MOST_BYTES), yaml.BaseLoader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        log.info("%s names no folders: %s", file, error)
        return ()
    return tuple(named for block in _mapping(blocks).values() for named in _of_block(_mapping(block), file.parent))


def _of_block(block: Mapping[str, Any], beside: Path) -> Iterator[tuple[str, Path]]:
    base = beside / _expanded(block.get("base_path", ""))
    for kind, paths in block.items():
        if kind not in _NO_PATHS and isinstance(paths, str):
            yield from ((kind, base / _expanded(line.strip())) for line in paths.split("\n") if line.strip())


def _expanded(path: object) -> str:
    return os.path.expandvars(os.path.expanduser(path)) if isinstance(path, str) else ""  # noqa: PTH111


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
