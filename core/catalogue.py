"""The models known and found on disk, with the defaults and limits each one works well with.

Reads only small configuration files: no torch, milliseconds. The weights are the business of `core.families`.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken, ModelMissing
from core.model_families import MODEL_FAMILIES, Capabilities, family_of_pipeline
from core.paths import resources
from core.request import STARTER_MODEL, GenerationRequest, Limits, Size


@dataclass(frozen=True, slots=True)
class _Settings:
    sampler: str
    steps: int
    guidance_scale: float


_GOOD_SETTINGS = {
    "stable_diffusion": _Settings("dpmpp_2m", 25, 7.0),
    "stable_diffusion_xl": _Settings("dpmpp_2m", 30, 6.0),
    "z_image": _Settings("euler", 28, 5.0),
    "lcm": _Settings("lcm", 4, 8.0),
}
"""For models that `models.toml` does not know."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model on disk, ready to be loaded.

    Attributes:
        key: what requests and recipes call it: the folder's name, or the path for a folder elsewhere.
        folder: a diffusers folder, with ``model_index.json``.
        defaults: a request with this model's own good settings, and an example as its prompt ("" if none).
        max_tokens: how many tokens the text encoder reads, with the two marks at start and end.
        capabilities: what its controls and views are; of its family, less what it was distilled from.
    """

    key: str
    name: str
    about: str
    folder: Path
    family: str
    defaults: GenerationRequest
    limits: Limits
    max_tokens: int
    capabilities: Capabilities


class Catalogue:
    """The models that ship with the program and those in the user's model folders."""

    def __init__(self, model_folders: tuple[Path, ...]) -> None:
        self._model_folders = model_folders

    def look_in(self, model_folders: tuple[Path, ...]) -> None:
        """From now on in these folders, beside that of the program."""
        self._model_folders = model_folders

    def models(self) -> tuple[Model, ...]:
        """All models that can be read, the starter model first."""
        found: dict[str, Model] = {}
        for folder in (resources() / STARTER_MODEL, *self._candidates()):
            if folder.name not in found and (folder / "model_index.json").is_file():
                try:
                    found[folder.name] = read_model(folder, folder.name)
                except ModelBroken:
                    continue  # it is named when asked for by `find`; the list shows what works
        return tuple(found.values())

    def find(self, model: str) -> Model:
        """The model with this key, or in this folder. Raises ModelMissing or ModelBroken."""
        for folder in (resources() / STARTER_MODEL, *self._candidates()):
            if folder.name == model and folder.is_dir():
                return read_model(folder, folder.name)
        if model and Path(model).is_dir():
            return read_model(Path(model), model)
        raise ModelMissing(model, tuple(known.key for known in self.models()))

    def _candidates(self) -> list[Path]:
        return sorted(
            child
            for folder in self._model_folders
            if folder.is_dir()
            for child in folder.iterdir()
            if child.is_dir()
        )


def read_model(folder: Path, key: str) -> Model:
    """Describes the diffusers folder from its configuration files. Raises ModelBroken."""
    pipeline = pipeline_config(folder).get("_class_name")
    family = family_of_pipeline(str(pipeline))
    if family is None:
        names = ", ".join(kind.name for kind in MODEL_FAMILIES.values())
        raise ModelBroken(folder, f"it is a {pipeline}; supported families are {names}")
    kind = MODEL_FAMILIES[family]
    network = _read_json(folder / kind.network / "config.json")
    vae = _read_json(folder / "vae" / "config.json")
    text_encoder = _read_json(folder / "text_encoder" / "config.json")
    factor = 2 ** (len(vae.get("block_out_channels", (0, 0, 0, 0))) - 1)
    known = _known_models().get(key, {})
    sample_size = network.get("sample_size")
    native_px = int(sample_size) * factor if sample_size else kind.native_px
    size = Size.parse(known["size"]) if "size" in known else Size(native_px, native_px)
    is_distilled = network.get("time_cond_proj_dim") is not None
    good = _GOOD_SETTINGS["lcm" if is_distilled else family]
    defaults = GenerationRequest(
        prompt=str(known.get("example", "")),
        model=key,
        size=size,
        sampler=str(known.get("sampler", good.sampler)),
        steps=int(known.get("steps", good.steps)),
        guidance_scale=float(known.get("guidance_scale", good.guidance_scale)),
    )
    size_step = factor * kind.patch
    limits = Limits(
        size_step=size_step,
        smallest=int(known.get("smallest", max(size_step, native_px // 4))),
        largest=int(known.get("largest", native_px * 4)),
        samplers=kind.capabilities.samplers,
    )
    return Model(
        key=key,
        name=str(known.get("name", folder.name)),
        about=str(known.get("about", "")),
        folder=folder,
        family=family,
        defaults=defaults,
        limits=limits,
        max_tokens=kind.max_tokens or int(text_encoder.get("max_position_embeddings", 77)),
        capabilities=replace(kind.capabilities, guidance="embedded") if is_distilled else kind.capabilities,
    )


def pipeline_config(folder: Path) -> dict[str, Any]:
    """Content of ``model_index.json``. Raises ModelBroken."""
    return _read_json(folder / "model_index.json")


def _known_models() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources() / "models.toml").read_text("utf-8"))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ModelBroken(path, "this file is missing") from error
    except (OSError, ValueError) as error:
        raise ModelBroken(path, "this file is damaged: it is not readable JSON") from error
    if not isinstance(content, dict):
        raise ModelBroken(path, "this file is damaged: it does not hold a JSON object")
    return cast("dict[str, Any]", content)
