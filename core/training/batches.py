"""What each step of the two trainings learns from, told by the run's progress alone.

Random numbers come from (seed, step, process): a run that was stopped, or one whose batches are made ahead by
other processes (`supply.py`), sees the same as any other.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from core.training.captions import caption
from core.training.checkpoint import Progress
from core.training.latents import latents
from core.training.postcards import postcards
from core.training.scene import random_scene
from core.training.settings import Settings
from core.training.shards import ROWS


@dataclass(frozen=True, slots=True)
class PictureBatch:
    """Pictures, float32 (batch, 3, side, side) in [-1, 1], and the seed of the noise on their latents."""

    pictures: Tensor
    noise_seed: int


@dataclass(frozen=True, slots=True)
class LatentBatch:
    """Latents, float32 (batch, channels, h, w), timesteps, token numbers, and the seed of the noise to add."""

    latents: Tensor
    timesteps: Tensor
    tokens: Tensor
    noise_seed: int


class PictureBatches:
    """For the autoencoder: crops, flipped and sometimes recoloured; towards the end whole pictures.

    The postcards may still be being drawn: the first steps choose among few of them, later ones among ever more,
    all of them from half of the training on.
    """

    def __init__(self, settings: Settings, folder: Path, rank: int) -> None:
        self._settings = settings
        self._postcards = postcards(folder, settings.size_px)
        self._rank = rank

    def size(self, samples: int) -> int:
        """How many pictures the batch after so many samples holds: whole pictures are fewer than crops."""
        settings = self._settings.autoencoder
        return max(1, settings.batch * settings.crop_px**2 // self._side(samples) ** 2)

    def available(self, samples: int) -> int:
        """Among how many postcards the batch after so many samples chooses."""
        count = self._settings.pictures
        first = min(count, 2 * ROWS)
        return first + int((count - first) * min(1.0, 2 * samples / self._settings.autoencoder.samples))

    def __call__(self, progress: Progress) -> PictureBatch:
        """The batch of one step."""
        rng = np.random.default_rng((self._settings.seed, 3, progress.step, self._rank))
        side, count = self._side(progress.samples), self.size(progress.samples)
        chosen = rng.integers(self.available(progress.samples), size=count)
        corners = rng.integers(self._settings.size_px - side + 1, size=(count, 2))
        places = zip(chosen.tolist(), corners.tolist(), strict=True)
        crops = np.stack([self._postcards[k][y : y + side, x : x + side] for k, (y, x) in places])
        flips = rng.random(count) < 0.5
        crops[flips] = crops[flips, :, ::-1]
        batch = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1
        if side < self._settings.size_px and rng.random() < self._settings.autoencoder.recolour:
            batch = batch[:, torch.from_numpy(rng.permutation(3))]
            batch = -batch if rng.random() < 0.5 else batch
        return PictureBatch(batch.contiguous(), int(rng.integers(2**62)))

    def _side(self, samples: int) -> int:
        settings = self._settings.autoencoder
        is_whole = samples >= settings.samples * (1 - settings.whole_share)
        return self._settings.size_px if is_whole else settings.crop_px


class LatentBatches:
    """For text encoder and U-Net: cached latents with fresh captions, timesteps spread over 1000 u^0.75.

    Noise weighs a little more than in an even spread: there the composition is decided.
    """

    def __init__(self, settings: Settings, folder: Path, rank: int) -> None:
        self._settings = settings
        self._latents = latents(folder)
        length = settings.diffusion.text_length
        self._tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", model_max_length=length)
        self._rank = rank

    def __call__(self, progress: Progress) -> LatentBatch:
        """The batch of one step."""
        settings = self._settings.diffusion
        rng = np.random.default_rng((self._settings.seed, 4, progress.step, self._rank))
        chosen = rng.integers(self._settings.pictures, size=settings.batch).tolist()
        texts = ["" if rng.random() < settings.dropout else caption(random_scene(k), rng) for k in chosen]
        timesteps = np.minimum(999, 1000 * _spread(settings.batch, rng) ** 0.75)
        return self.of(chosen, texts, timesteps, rng)

    def of(
        self, chosen: list[int], texts: list[str], timesteps: NDArray[np.float64], rng: np.random.Generator
    ) -> LatentBatch:
        """A batch of these postcards' latents with these captions."""
        tokens = self._tokenizer(
            texts,
            padding="max_length",
            truncation=True,
            max_length=self._settings.diffusion.text_length,
            return_tensors="pt",
        ).input_ids
        clean = np.stack([self._latents[k] for k in chosen]).astype(np.float32)
        steps = torch.from_numpy(timesteps.astype(np.int64))
        return LatentBatch(torch.from_numpy(clean), steps, tokens, int(rng.integers(2**62)))


class PairBatches:
    """For the decoder's second training: whole pictures (batch, 3, size, size) and their latents, little noise.

    Timesteps are spread over 600 u^2: it is the last steps that decide how the decoder's input looks.
    """

    def __init__(self, settings: Settings, folder: Path, rank: int) -> None:
        self._settings = settings
        self._latents = LatentBatches(settings, folder, rank)
        self._postcards = postcards(folder, settings.size_px)
        self._rank = rank

    def __call__(self, progress: Progress) -> tuple[Tensor, LatentBatch]:
        """The batch of one step."""
        batch = self._settings.decoder.batch
        rng = np.random.default_rng((self._settings.seed, 6, progress.step, self._rank))
        chosen = rng.integers(self._settings.pictures, size=batch).tolist()
        texts = [caption(random_scene(k), rng) for k in chosen]
        latents = self._latents.of(chosen, texts, 600 * _spread(batch, rng) ** 2, rng)
        pictures = torch.from_numpy(np.stack([self._postcards[k] for k in chosen]))
        return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1, latents


def _spread(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Numbers in [0, 1), one at random in each of so many equal parts."""
    return (np.arange(count) + rng.random(count)) / count
