"""Stands for the half of a text encoder that reads pictures, where a file is without it.

llama.cpp keeps that half of Qwen-VL in a second file (``mmproj``); prompts without pictures do not need it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from core.engine.weights.fit import Shapes
from core.errors import ModelBroken
from core.language.words import tr

HALF = "visual"


class LeftOut(torch.nn.Module):
    """Has no weights, and tells so when it is called."""

    dtype = torch.float32

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def forward(self, *_: Any, **__: Any) -> Any:
        raise ModelBroken(
            self._path,
            tr("it is a text encoder without its half that reads pictures; choose one that has both"),
        )


def without_half(module: Any, path: Path, expected: Shapes, found: Shapes) -> Shapes:
    """Leaves the half out of a network where not one of its weights is there; returns what is expected then."""
    start = f"{HALF}."
    has_half = any(name.startswith(start) for name in expected)
    if not has_half or any(name.startswith(start) for name in found):
        return expected
    setattr(module, HALF, LeftOut(path))
    return {name: shape for name, shape in expected.items() if not name.startswith(start)}
