"""Loads the parts of a diffusers folder, offline and from safetensors only, onto the planned device."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.checkpoints.weights import SHORT_HASH, short_hash, weights_of
from core.engine.devices.device import DevicePlan
from core.engine.weights.fit import empty, misfit, shapes_in, shapes_of
from core.engine.weights.guard import loading
from core.engine.weights.quantisation import quantise
from core.engine.weights.single_file import read_single_file
from core.families import FAMILIES, part_name
from core.files.json_file import read_json
from core.models.catalogue import Model, hashed_file
from core.paths import clip_vocabulary
from core.recipes.recipe import ModelIdentity


def load_component(kind: Any, folder: Path, plan: DevicePlan, dtype: torch.dtype | None = None) -> Any:
    """Returns one network, ready to be called. ``dtype`` instead of the plan's. Raises ModelBroken."""
    files, variant = weights_of(folder)

    def why() -> str:
        config = kind.config_class.from_pretrained(folder) if hasattr(kind, "config_class") else None
        network = empty(kind, config or kind.load_config(folder, local_files_only=True))
        return misfit(shapes_of(network.state_dict()), shapes_in(files))

    with loading(folder, f"its {part_name(folder.name)}", why):
        part = kind.from_pretrained(
            folder, dtype=dtype or plan.dtype, use_safetensors=True, local_files_only=True, variant=variant
        )
    return _placed(folder.name, part.eval().requires_grad_(requires_grad=False), plan)


def load_tokenizer(kind: Any, folder: Path) -> Any:
    """From the folder, or of CLIP's own vocabulary where it has only a configuration. Raises ModelBroken."""
    if any((folder / name).is_file() for name in ("vocab.json", "tokenizer.json")):
        with loading(folder, "its tokenizer"):
            return kind.from_pretrained(folder, local_files_only=True)
    shared = clip_vocabulary()
    config = read_json(folder / "tokenizer_config.json")
    options = {key: value for key, value in config.items() if key != "tokenizer_class"}
    with loading(folder, "its tokenizer"):
        return kind(vocab=str(shared / "vocab.json"), merges=str(shared / "merges.txt"), **options)


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
