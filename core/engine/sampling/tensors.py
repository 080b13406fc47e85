"""The border between torch and numpy: latents of one picture, in the dtype that the model computes in."""

import ml_dtypes
import numpy as np
import torch
from numpy.typing import NDArray

from core.film.film import Latent
from core.pictures.pixels import Pixels


def to_numpy(latents: torch.Tensor) -> Latent:
    """Returns a copy of the first picture's latent, (1, channels, height, width) -> (channels, height, width)."""
    latent = latents[0].detach().to("cpu", copy=True)
    if latent.dtype is torch.bfloat16:  # numpy has no bfloat16 of its own: hand the bits over
        return latent.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return latent.numpy()


def to_torch(latent: Latent, device: torch.device) -> torch.Tensor:
    """Returns the reverse of `to_numpy`; a copy, so that read-only and memory-mapped arrays are welcome."""
    if latent.dtype == ml_dtypes.bfloat16:
        tensor = torch.from_numpy(np.array(latent).view(np.int16)).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(np.array(latent))
    return tensor[None].to(device)


def to_model_range(picture: Pixels | NDArray[np.float32]) -> torch.Tensor:
    """Returns a picture, 0 to 255, as autoencoders take it: float32 (1, 3, height, width), -1 to 1."""
    # (height, width, 3) -> (1, 3, height, width); in memory, too: convolutions round by the order that is there,
    # and a film gives x back in this one
    pixels = torch.from_numpy(picture.astype(np.float32) / 255.0).permute(2, 0, 1)[None].contiguous()
    return 2.0 * pixels - 1.0
