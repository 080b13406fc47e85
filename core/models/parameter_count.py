"""Counts the weights of a model by the headers of its files alone: in milliseconds, and nothing is loaded."""

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from core.checkpoints.weights import weights_of
from core.errors import ModelBroken
from core.families import FAMILIES, is_encoder, is_network
from core.files.safetensors_header import read_safetensors_header
from core.language.words import tr
from core.models.model_weights import ModelWeights


def weights_in(
    folder: Path, file: Path | None = None, places: Mapping[str, Path] = MappingProxyType({})
) -> ModelWeights:
    """Counts the parameters of a diffusers folder. Raises ModelBroken.

    ``file`` is a single file with the weights; what it does not bring comes from ``places``, by part, or else
    from the folder.
    """
    counts = dict[str, int]() if file is None else _counted_in(file)
    for part, place in places.items():
        files = weights_of(place) if place.is_dir() else (place,)
        counts[part] = sum(read_safetensors_header(weights).parameters for weights in files)
    for part in sorted(folder.iterdir()) if folder.is_dir() and not places else ():
        kind = _kind_of(part.name)
        if kind is not None and any(part.glob("*.safetensors")) and (file is None or kind not in counts):
            found = sum(read_safetensors_header(weights).parameters for weights in weights_of(part))
            counts[part.name] = found
    by_kind = {"text": 0, "network": 0, "vae": 0}
    for name, count in counts.items():
        by_kind[_kind_of(name) or name] += count
    if not by_kind["network"]:
        raise ModelBroken(folder, tr("it has no network"))
    return ModelWeights(by_kind["text"], by_kind["network"], by_kind["vae"])


def _kind_of(part: str) -> str | None:
    return "text" if is_encoder(part) else "network" if is_network(part) else "vae" if part == "vae" else None


def _counted_in(file: Path) -> dict[str, int]:
    """By kind of part; a file without the names of whole checkpoints is a network alone."""
    counts: dict[str, int] = {}
    header = read_safetensors_header(file)
    files = (family.single_file for family in FAMILIES.values() if family.single_file is not None)
    prefixes = (entry for file in files for entry in file.prefixes.items())
    kinds = {prefix: _kind_of(part) for part, starts in prefixes for prefix in starts if prefix}
    for name, entry in header.tensors.items():
        kind = next((kind for prefix, kind in kinds.items() if name.startswith(prefix)), None)
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + math.prod(entry.shape)
    return counts or {"network": header.parameters}
