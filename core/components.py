"""Loads the parts of a diffusers folder, offline and from safetensors only, onto the planned device."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError

from core.catalogue import Model
from core.checkpoint_files import short_hash, weights_of
from core.device import DevicePlan
from core.errors import ModelBroken
from core.film import ModelIdentity

Part = TypeVar("Part")


def load_component(kind: Any, folder: Path, plan: DevicePlan, dtype: torch.dtype | None = None) -> Any:
    """One network, ready to be called. ``dtype`` instead of the plan's. Raises ModelBroken."""
    _, variant = weights_of(folder)
    try:
        part = kind.from_pretrained(
            folder, dtype=dtype or plan.dtype, use_safetensors=True, local_files_only=True, variant=variant
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise ModelBroken(folder, f"its weights do not fit its configuration ({type(error).__name__})") from error
    return part.to(plan.device).eval().requires_grad_(requires_grad=False)


def load_tokenizer(kind: Any, folder: Path) -> Any:
    """Raises ModelBroken."""
    return _read(folder, lambda: kind.from_pretrained(folder, local_files_only=True), "its tokenizer")


def scheduler_config_of(model: Model) -> dict[str, Any]:
    """Content of ``scheduler_config.json``. Raises ModelBroken."""
    path = model.folder / "scheduler" / "scheduler_config.json"
    return _read(path, lambda: json.loads(path.read_text("utf-8")), "its scheduler configuration")


def identity_of(model: Model, network: str) -> ModelIdentity:
    """Names the weights by the hash of the network's (first) file. Raises ModelBroken."""
    files, _ = weights_of(model.folder / network)
    return ModelIdentity(model.key, model.name, model.family, short_hash(files[0]))


def _read(path: Path, read: Callable[[], Part], what: str) -> Part:
    try:
        return read()
    except (OSError, ValueError, TypeError) as error:
        raise ModelBroken(path, f"{what} cannot be read ({error})") from error
