"""Pictures as tensors, back, and as grids in a file, without the libraries that networks need."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def as_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """Returns pictures (batch, height, width, 3) as float32 (batch, 3, height, width) in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def as_pixels(pictures: Tensor) -> NDArray[np.uint8]:
    """Returns pictures (batch, 3, height, width) in [-1, 1] as uint8 (batch, height, width, 3)."""
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def save_grid(path: Path, pictures: NDArray[np.uint8], columns: int) -> None:
    """Writes pictures, uint8 (count, height, width, 3), side by side as one PNG."""
    rows = [np.concatenate(list(pictures[k : k + columns]), axis=1) for k in range(0, len(pictures), columns)]
    rows = [row for row in rows if row.shape == rows[0].shape]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.png")
    Image.fromarray(np.concatenate(rows, axis=0)).save(partial)
    partial.replace(path)
