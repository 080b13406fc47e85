"""Loads the parts of a diffusers folder, offline and from safetensors only, onto the planned device."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError

from core.checkpoints.weights import SHORT_HASH, short_hash, weights_of
from core.engine.devices.device import DevicePlan
from core.engine.weights.quantisation import quantise
from core.engine.weights.single_file import read_single_file
from core.errors import ModelBroken
from core.families import FAMILIES
from core.files.json_file import read_json
from core.models.catalogue import Model, hashed_file
from core.paths import clip_vocabulary
from core.recipes.recipe import ModelIdentity

Part = TypeVar("Part")


def load_component(kind: Any, folder: Path, plan: DevicePlan, dtype: torch.dtype | None = None) -> Any:
    """Returns one network, ready to be called. ``dtype`` instead of the plan's. Raises ModelBroken."""
    _, variant = weights_of(folder)
    try:
        part = kind.from_pretrained(
            folder, dtype=dtype or plan.dtype, use_safetensors=True, local_files_only=True, variant=variant
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise ModelBroken(folder, f"its weights do not fit its configuration ({type(error).__name__})") from error
    return _placed(folder.name, part.eval().requires_grad_(requires_grad=False), plan)


def load_tokenizer(kind: Any, folder: Path) -> Any:
    """From the folder, or of CLIP's own vocabulary where it has only a configuration. Raises ModelBroken."""
    if any((folder / name).is_file() for name in ("vocab.json", "tokenizer.json")):
        return _read(folder, lambda: kind.from_pretrained(folder, local_files_only=True), "its tokenizer")
    shared = clip_vocabulary()
    config = read_json(folder / "tokenizer_config.json")
    options = {key: value for key, value in config.items() if key != "tokenizer_class"}
    return _read(
        folder,
        lambda: kind(vocab=str(shared / "vocab.json"), merges=str(shared / "merges.txt"), **options),
        "its tokenizer",
    )


def load_parts(model: Model, kinds: Mapping[str, Any], plan: DevicePlan) -> dict[str, Any]:
    """Returns the networks of a model by name, from its folder or its single file. Raises ModelBroken."""
    if model.file is None:
        return {name: load_component(kind, model.folder / name, plan) for name, kind in kinds.items()}
    alone = FAMILIES[model.family].network if model.kind is not None and not model.kind.layout else None
    in_file = {name: kind for name, kind in kinds.items() if alone in (None, name)}
    read = read_single_file(model, in_file, plan.dtype)
    parts = {name: _placed(name, part, plan) for name, part in read.items()}
    for name, kind in kinds.items():
        if name not in in_file:
            parts[name] = load_component(kind, model.folder / name, plan)
    return parts


def scheduler_config_of(model: Model) -> dict[str, Any]:
    """Returns content of ``scheduler_config.json``, with what a single file says itself. Raises ModelBroken."""
    path = model.folder / "scheduler" / "scheduler_config.json"
    config = _read(path, lambda: json.loads(path.read_text("utf-8")), "its scheduler configuration")
    if model.kind is not None and model.kind.prediction_type is not None:
        config["prediction_type"] = model.kind.prediction_type
    if model.kind is not None and model.kind.has_zero_snr:
        config |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return config


def identity_of(model: Model) -> ModelIdentity:
    """Identifies the weights by the hash of the network's (first) file. Raises ModelBroken."""
    if model.sha256:
        return ModelIdentity(model.key, model.name, model.family, model.sha256[:SHORT_HASH])
    return ModelIdentity(model.key, model.name, model.family, short_hash(hashed_file(model)))


def _placed(name: str, part: Any, plan: DevicePlan) -> Any:
    """Packed where the plan says so, before it takes room on the device. The autoencoder stays as it is."""
    if plan.weight_bits is not None and not name.startswith("vae"):
        quantise(part, plan.weight_bits)
    return part.to(plan.device)


def _read(path: Path, read: Callable[[], Part], what: str) -> Part:
    try:
        return read()
    except (OSError, ValueError, TypeError) as error:
        raise ModelBroken(path, f"{what} cannot be read ({error})") from error
