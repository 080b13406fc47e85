"""Loads the parts of a model from one file with its makers' own names, by diffusers' conversion tables; offline.

diffusers goes online from ``from_single_file`` where it finds no configurations, even when told not to; so they
are always given (``config=``).
"""

from collections.abc import Mapping
from typing import Any

import torch
from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm
from safetensors.torch import load_file

from core.engine.weights.guard import loading
from core.errors import ModelBroken
from core.families import part_name
from core.models.catalogue import Model


def read_single_file(model: Model, kinds: Mapping[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """Returns the networks by name, on the CPU, ready to be called. Raises ModelBroken."""
    assert model.file is not None
    parts: dict[str, Any] = {}
    with loading(model.file, "it"):
        weights = load_file(model.file)
    for name, kind in kinds.items():
        with loading(model.file, f"its {part_name(name)}"):
            part = _convert(kind, dict(weights), str(model.folder), name, dtype)
        if any(parameter.is_meta for parameter in part.parameters()):
            raise ModelBroken(model.file, f"weights of its {part_name(name)} are missing")
        parts[name] = part.eval().requires_grad_(requires_grad=False)
    return parts


def _convert(kind: Any, weights: dict[str, torch.Tensor], folder: str, name: str, dtype: torch.dtype) -> Any:
    """``weights`` is used up."""
    if hasattr(kind, "from_single_file"):
        return kind.from_single_file(weights, config=folder, subfolder=name, dtype=dtype, local_files_only=True)
    return create_diffusers_clip_model_from_ldm(
        kind, weights, subfolder=name, config=folder, torch_dtype=dtype, local_files_only=True
    )
