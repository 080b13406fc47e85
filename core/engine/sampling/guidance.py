"""Classifier-free guidance: going further in the direction in which the prompt pulls (Ho & Salimans 2022)."""

from dataclasses import dataclass
from typing import Literal

import torch

Anchor = Literal["uncond", "cond"]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The predictions of one network call, (batch, channels, height, width); ``uncond`` is None with guidance off.

    Attributes:
        anchor: from which of the two the model's own pipeline goes on; the same but for rounding.
    """

    cond: torch.Tensor
    uncond: torch.Tensor | None
    anchor: Anchor = "uncond"


def combine(prediction: Prediction, scale: float) -> torch.Tensor:
    """``uncond + scale * (cond - uncond)``: eq. 6 of the paper with scale = 1 + w."""
    if prediction.uncond is None:
        return prediction.cond
    if prediction.anchor == "cond":
        cond, uncond = prediction.cond.float(), prediction.uncond.float()
        return cond + (scale - 1) * (cond - uncond)
    return prediction.uncond + scale * (prediction.cond - prediction.uncond)
