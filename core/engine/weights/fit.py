"""Compares weights with those that a network expects, by names and shapes alone."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from core.files.safetensors_header import read_safetensors_header

Shapes = Mapping[str, tuple[int, ...]]
"""The shape of each tensor, by its name."""

_POSITIONS = "position_embedding.weight"


def shapes_of(state: Mapping[str, Any]) -> Shapes:
    """Returns the shapes of tensors by name."""
    return {name: tuple(value.shape) for name, value in state.items()}


def shapes_in(files: Collection[Path]) -> Shapes:
    """Returns the shapes of all tensors in safetensors files. Raises ModelBroken."""
    entries = (entry for file in files for entry in read_safetensors_header(file).tensors.items())
    return {name: entry.shape for name, entry in entries}


def empty(kind: Any, config: Any) -> Any:
    """Returns a network of diffusers or transformers without memory for its weights."""
    with torch.device("meta"):
        return kind.from_config(config) if hasattr(kind, "from_config") else kind(config)


def misfit(expected: Shapes, found: Shapes) -> str:
    """Returns the words for the first difference that speaks against the weights, or "" where they fit.

    They continue a sentence that names the part: ``"its text encoder ..."``.
    """
    missing = [name for name in expected if name not in found]
    if missing:
        return f"is not complete: {counted(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    other = [name for name in expected if expected[name] != found[name]]
    for name in other:
        if name.endswith(_POSITIONS):
            return f"reads {found[name][0]} positions, {expected[name][0]} are expected"
    if other:
        has = f"{_size(found[other[0]])} where {_size(expected[other[0]])} is expected"
        return f"is built otherwise than expected: {counted(other)} {'has' if len(other) == 1 else 'have'} {has}"
    more = [name for name in found if name not in expected]
    return f"has {counted(more)} for which the model has no place" if more else ""


def counted(names: Collection[str]) -> str:
    """``"one weight (conv_in.bias)"``, ``"12 weights (conv_in.bias, conv_in.weight, …)"``."""
    first = sorted(names)[:2]
    shown = ", ".join((*first, *(("…",) if len(names) > len(first) else ())))
    return f"one weight ({shown})" if len(names) == 1 else f"{len(names)} weights ({shown})"


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
