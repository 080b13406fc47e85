"""Classifier-free guidance: going further in the direction in which the prompt pulls (Ho & Salimans 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What one network call predicts, (batch, channels, height, width); ``uncond`` is None with guidance off."""

    cond: torch.Tensor
    uncond: torch.Tensor | None


def combine(prediction: Prediction, scale: float) -> torch.Tensor:
    """``uncond + scale * (cond - uncond)``: eq. 6 of the paper with scale = 1 + w."""
    if prediction.uncond is None:
        return prediction.cond
    return prediction.uncond + scale * (prediction.cond - prediction.uncond)
