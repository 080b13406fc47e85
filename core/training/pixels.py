"""Pictures as tensors and back, without the libraries that networks need."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def as_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """Returns pictures (batch, height, width, 3) as float32 (batch, 3, height, width) in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def as_pixels(pictures: Tensor) -> NDArray[np.uint8]:
    """Returns pictures (batch, 3, height, width) in [-1, 1] as uint8 (batch, height, width, 3)."""
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
