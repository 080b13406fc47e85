"""Classifier-free guidance: going further in the direction in which the prompt pulls (Ho & Salimans 2022)."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

Anchor = Literal["uncond", "cond"]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The predictions of one network call, (batch, channels, height, width); ``uncond`` is None with guidance off.

    Attributes:
        anchor: from which of the two the model's own pipeline goes on; the same but for rounding.
        kept_norm: places along a side that the network takes as one, whose values together stay as long as they
            are in ``cond``; 0 where guidance may make them longer.
        without_layers: the prediction with the prompt by a part of the layers, or None, and its strength.
    """

    cond: torch.Tensor
    uncond: torch.Tensor | None
    anchor: Anchor = "uncond"
    kept_norm: int = 0
    without_layers: tuple[torch.Tensor, float] | None = None


def combine(prediction: Prediction, scale: float) -> torch.Tensor:
    """``uncond + scale * (cond - uncond)``: eq. 6 of the paper with scale = 1 + w.

    Away from a prediction ``without_layers`` it goes on by ``strength * (cond - without_layers)``.
    """
    guided = _guided(prediction, scale)
    if prediction.without_layers is None:
        return guided
    weaker, strength = prediction.without_layers
    return guided + (prediction.cond - weaker) * strength


def _guided(prediction: Prediction, scale: float) -> torch.Tensor:
    if prediction.uncond is None:
        return prediction.cond
    if prediction.anchor == "cond":
        cond, uncond = prediction.cond.float(), prediction.uncond.float()
        return cond + (scale - 1) * (cond - uncond)
    guided = prediction.uncond + scale * (prediction.cond - prediction.uncond)
    return _as_long_as(prediction.cond, guided, prediction.kept_norm) if prediction.kept_norm else guided


def _as_long_as(cond: torch.Tensor, guided: torch.Tensor, side: int) -> torch.Tensor:
    """Scales each place to the length that it has in ``cond``, as QwenImagePipeline of diffusers does."""
    shape = cond.shape
    lengths, tokens = (
        pixel_unshuffle(one, side).flatten(2).transpose(1, 2).contiguous() for one in (cond, guided)
    )
    wanted, found = (torch.linalg.vector_norm(one, dim=-1, keepdim=True) for one in (lengths, tokens))
    places = (tokens * (wanted / found)).transpose(1, 2).reshape(shape[0], -1, shape[2] // side, shape[3] // side)
    return pixel_shuffle(places, side)
