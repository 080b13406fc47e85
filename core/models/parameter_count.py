"""How many weights a model has, counted by the headers of its files alone: milliseconds, and nothing is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from core.checkpoints.safetensors_header import read_safetensors_header
from core.checkpoints.weights import weights_of
from core.errors import ModelBroken
from core.models.memory_plan import ModelWeights

_KIND_OF_PART: Mapping[str, str] = MappingProxyType(
    {
        "text_encoder": "text",
        "text_encoder_2": "text",
        "text_encoder_3": "text",
        "unet": "network",
        "transformer": "network",
        "vae": "vae",
    }
)

_KIND_OF_PREFIX: Mapping[str, str] = MappingProxyType(
    {
        "model.diffusion_model.": "network",
        "first_stage_model.": "vae",
        "cond_stage_model.": "text",
        "conditioner.": "text",
    }
)
"""How the first programs of each family named the parts of a single file."""


def weights_in(folder: Path, file: Path | None = None) -> ModelWeights:
    """Counts the parameters of a diffusers folder. Raises ModelBroken.

    ``file`` is a single file with the weights; what it does not bring comes from the folder.
    """
    counts = dict[str, int]() if file is None else _counted_in(file)
    for part in sorted(folder.iterdir()) if folder.is_dir() else ():
        kind = _KIND_OF_PART.get(part.name)
        if kind is not None and any(part.glob("*.safetensors")) and (file is None or kind not in counts):
            found = sum(read_safetensors_header(weights).parameters for weights in weights_of(part)[0])
            counts[part.name] = found
    by_kind = {"text": 0, "network": 0, "vae": 0}
    for name, count in counts.items():
        by_kind[_KIND_OF_PART.get(name, name)] += count
    if not by_kind["network"]:
        raise ModelBroken(folder, "it has no network")
    return ModelWeights(by_kind["text"], by_kind["network"], by_kind["vae"])


def _counted_in(file: Path) -> dict[str, int]:
    """By kind of part; a file without the names of whole checkpoints is a network alone."""
    counts: dict[str, int] = {}
    header = read_safetensors_header(file)
    for name, entry in header.tensors.items():
        kind = next((kind for prefix, kind in _KIND_OF_PREFIX.items() if name.startswith(prefix)), None)
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + math.prod(entry.shape)
    return counts or {"network": header.parameters}
