"""Reads the weights in a pickle of PyTorch without running anything that it contains, and keeps them."""

from __future__ import annotations

import logging
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from core.engine.devices.memory_errors import is_out_of_memory
from core.errors import ModelBroken
from core.files.atomic import words_of
from core.language.words import tr

log = logging.getLogger(__name__)

_ENVELOPES = ("params_ema", "params", "state_dict", "model")
"""Names under which training programs keep the weights, best first."""


def read_pickle(path: Path, largest_gb: int, broken: type[ModelBroken]) -> dict[str, Tensor]:
    """Returns the weights by name; those of a group within the file have its name and a dot before their own.

    Raises ``broken`` for other content and for larger files.
    """
    try:
        if path.stat().st_size > largest_gb * 2**30:
            raise broken(path, tr("it is larger than {size} GB, which no such file is", size=largest_gb))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of other ways of pickling; what fails is answered below
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise broken(path, words_of(error)) from error
    except pickle.UnpicklingError as error:
        raise broken(path, tr("it contains more than numbers, perhaps a program, and was not opened")) from error
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        if is_out_of_memory(error):
            raise
        log.info("%s: %s", path, error)
        raise broken(path, tr("it is damaged, or no file of PyTorch"), is_damaged=True) from error
    for name in _ENVELOPES:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
            break
    return _tensors(content)


def _tensors(content: Any, start: str = "") -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, one in content.items() if isinstance(content, Mapping) else ():
        if isinstance(name, str) and isinstance(one, Tensor):
            found[f"{start}{name}"] = one
        elif isinstance(name, str) and not start:
            found |= _tensors(one, f"{name}.")
    return found


def keep(weights: Mapping[str, Tensor], copy: Path) -> str:
    """Writes weights as safetensors, whole or not at all; returns "" or the reason why they cannot be kept."""
    partial = copy.with_suffix(".partial")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: one.contiguous().clone() for name, one in weights.items()}, partial)
        partial.replace(copy)
    except (OSError, SafetensorError) as error:
        log.warning("%s cannot be kept: %s", copy, error)
        partial.unlink(missing_ok=True)
        return words_of(error) if isinstance(error, OSError) else tr("the disk may be full")
    return ""
