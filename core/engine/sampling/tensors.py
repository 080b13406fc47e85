"""The border between torch and numpy: latents of one picture, in the dtype that the model computes in."""

import ml_dtypes
import numpy as np
import torch

from core.film.film import Latent


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
