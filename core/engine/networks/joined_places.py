"""Latents as transformers take them, which join 2x2 places into one token (Peebles & Xie 2023, section 3.2)."""

import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

PATCH = 2
"""Places along a side that are one token."""


def tokens_in(latents: torch.Tensor) -> torch.Tensor:
    """(batch, channels, height, width) to (batch, places, channels of 2x2 places)."""
    return pixel_unshuffle(latents, PATCH).flatten(2).transpose(1, 2)


def positions_of(latents: torch.Tensor) -> torch.Tensor:
    """Returns the places of the tokens as FLUX.1 counts them, (tokens, 3): 0, row and column.

    They are made on the device: a copy to it in each call would wait for all that it has to do.
    """
    counts = 1, *(length // PATCH for length in latents.shape[2:])
    return torch.cartesian_prod(*(torch.arange(count, device=latents.device) for count in counts))


def latents_of(tokens: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Reverses `tokens_in`, given the shape of the latents."""
    batch, channels, height, width = shape
    places = tokens.transpose(1, 2).reshape(batch, channels * PATCH**2, height // PATCH, width // PATCH)
    return pixel_shuffle(places, PATCH)
