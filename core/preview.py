"""Previews while a run goes on: which latent-to-colour map fits a model, and when a true decode is affordable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from core.events import PreviewMode
from core.latent_rgb import LatentRgb
from core.paths import resources
from core.picture import Pixels

BUDGET = 0.05
"""The part of a run's time that automatic previews may cost."""

DECODE_PER_CALL = 1.6
"""Cost of a decode in network calls, assumed until one was measured: the highest ratio of the common families."""


class PreviewBudget:
    """Says at each call whether the preview may be a true decode, and keeps the account of what they cost."""

    def __init__(self, mode: PreviewMode, decode_seconds: float | None) -> None:
        self._mode = mode
        self._decode_seconds = decode_seconds
        self._calls = 0
        self._calls_seconds = 0.0
        self._spent_seconds = 0.0

    def add_call(self, seconds: float) -> None:
        self._calls += 1
        self._calls_seconds += seconds

    @property
    def allows_decode(self) -> bool:
        match self._mode:
            case PreviewMode.linear:
                return False
            case PreviewMode.every_step:
                return True
            case PreviewMode.automatic:
                expected = self._decode_seconds
                if expected is None:
                    expected = DECODE_PER_CALL * self._calls_seconds / max(1, self._calls)
                return self._spent_seconds + expected <= BUDGET * self._calls_seconds

    def decode(self, decode: Callable[[], Pixels]) -> Pixels:
        """Runs ``decode`` and books its time."""
        began = time.perf_counter()
        pixels = decode()
        self._decode_seconds = time.perf_counter() - began
        self._spent_seconds += self._decode_seconds
        return pixels


def latent_rgb_of(vae: Any) -> LatentRgb:
    """The map for an autoencoder: from the table of known ones, or fitted to this one."""
    for entry in json.loads((resources() / "latent_rgb.json").read_text("utf-8")):
        key = entry["channels"], entry["scaling_factor"]
        if key == (vae.config.latent_channels, vae.config.scaling_factor):
            return LatentRgb.from_json(entry)
    return fit_latent_rgb(vae)


@torch.inference_mode()
def fit_latent_rgb(vae: Any, pictures: int = 12) -> LatentRgb:
    """Least squares from latents to colours, on soft random colour fields that the autoencoder itself encodes.

    Needs no table and gives the right colours for any autoencoder, a fine-tuned or unknown one included. The
    idea is InvokeAI's (``generate_vae_linear_approximation.py``).
    """
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand((pictures, 3, 4, 4), generator=generator) * 2 - 1
    fields = torch.nn.functional.interpolate(coarse, size=(8 * factor, 8 * factor), mode="bicubic").clamp(-1, 1)
    encoded = vae.encode(fields.to(vae.device, vae.dtype)).latent_dist.mode() * vae.config.scaling_factor
    latents = encoded.float().cpu().movedim(1, -1).reshape(-1, encoded.shape[1])  # (places, channels)
    colours = torch.nn.functional.avg_pool2d(fields, factor).movedim(1, -1).reshape(-1, 3)  # (places, 3)
    with_bias = torch.cat([latents, torch.ones(len(latents), 1)], dim=1)
    ridge = 1e-3 * torch.eye(with_bias.shape[1])  # keeps channels that carry no colour from exploding
    solution = torch.linalg.solve(with_bias.T @ with_bias + ridge, with_bias.T @ colours).numpy()
    return LatentRgb(np.ascontiguousarray(solution[:-1]), np.ascontiguousarray(solution[-1]))
