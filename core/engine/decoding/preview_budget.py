"""Previews while a run goes on: the latent-to-colour map that fits a model, and true decodes where affordable."""

import json

import numpy as np
import torch

from core.engine.networks.kl_autoencoder import KLAutoencoder
from core.film.latent_rgb import LatentRgb
from core.paths import resources
from core.request.request import Size
from core.runs.events import PreviewMode

BUDGET = 0.05
"""The part of a run's time that automatic previews may cost."""

DECODE_PER_CALL = 1.6
"""Cost of a decode in network calls, assumed until one was measured: the highest ratio of the common families."""


TINY_DECODE_PER_CALL = 0.02
"""The first cost assumed of a tiny autoencoder: little enough to try it at once, and to measure it."""

Key = tuple[str, Size, bool]
"""A model, a picture size, and whether a tiny autoencoder decodes."""

DecodeTimes = dict[Key, float]
"""Seconds that the last decode took."""


class PreviewBudget:
    """Says at each call of a run whether the preview may be a true decode, and keeps account of the costs."""

    def __init__(self, mode: PreviewMode, decode_times: DecodeTimes, key: Key) -> None:
        """``decode_times`` is the caller's and outlives the run: what one run measures the next one knows."""
        self._mode = mode
        self._decode_times = decode_times
        self._key = key
        self._calls = 0
        self._calls_seconds = 0.0
        self._spent_seconds = 0.0

    def add_call(self, seconds: float) -> None:
        self._calls += 1
        self._calls_seconds += seconds

    def add_decode(self, seconds: float, *, is_preview: bool) -> None:
        """The decode of the finished picture is measured too, but costs the budget nothing."""
        if is_preview or not self._key[2]:
            self._decode_times[self._key] = seconds
        if is_preview:
            self._spent_seconds += seconds

    @property
    def allows_decode(self) -> bool:
        match self._mode:
            case PreviewMode.linear:
                return False
            case PreviewMode.every_step | PreviewMode.sharp:
                return True
            case PreviewMode.automatic:
                per_call = TINY_DECODE_PER_CALL if self._key[2] else DECODE_PER_CALL
                unknown = per_call * self._calls_seconds / max(1, self._calls)
                expected = self._decode_times.get(self._key, unknown)
                return self._spent_seconds + expected <= BUDGET * self._calls_seconds


def latent_rgb_of(vae: KLAutoencoder) -> LatentRgb:
    """Returns the map for an autoencoder: from the table of known ones, or fitted to this one."""
    for entry in json.loads((resources() / "latent_rgb.json").read_text("utf-8")):
        if entry["of"].items() <= {**vae.module.config, "_class_name": type(vae.module).__name__}.items():
            return LatentRgb.from_json(entry)
    return fit_latent_rgb(vae)


@torch.inference_mode()
def fit_latent_rgb(vae: KLAutoencoder, pictures: int = 12) -> LatentRgb:
    """Least squares from latents to colours, on soft random colour fields that the autoencoder itself encodes.

    Needs no table and gives the right colours for any autoencoder, a fine-tuned or unknown one included. The
    idea is InvokeAI's (``generate_vae_linear_approximation.py``).
    """
    factor = vae.factor // vae.joined
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand((pictures, 3, 4, 4), generator=generator) * 2 - 1
    fields = torch.nn.functional.interpolate(coarse, size=(8 * factor, 8 * factor), mode="bicubic").clamp(-1, 1)
    encoded = vae.encode(fields.to(vae.module.device), None).float().cpu()
    encoded = torch.nn.functional.pixel_shuffle(encoded, vae.joined)
    latents = encoded.movedim(1, -1).reshape(-1, encoded.shape[1])  # (places, channels)
    colours = torch.nn.functional.avg_pool2d(fields, factor).movedim(1, -1).reshape(-1, 3)  # (places, 3)
    with_bias = torch.cat([latents, torch.ones(len(latents), 1)], dim=1)
    ridge = 1e-3 * torch.eye(with_bias.shape[1])  # keeps channels that carry no colour from exploding
    solution = torch.linalg.solve(with_bias.T @ with_bias + ridge, with_bias.T @ colours).numpy()
    return LatentRgb(np.ascontiguousarray(solution[:-1]), np.ascontiguousarray(solution[-1]))
