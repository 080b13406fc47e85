"""Makes the batch that a step learns from, out of the run's progress alone.

Random numbers come from (seed, step, process). A run that was stopped and one whose batches are made ahead by
worker processes (`supplied`) therefore see the same batches.
"""

import atexit
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.training.captions import caption
from core.training.checkpoint import Progress
from core.training.pixels import as_tensor
from core.training.postcards import postcards
from core.training.scene import random_scene
from core.training.settings import Settings
from core.training.shards import ROWS, latents
from core.training.tokenizer import tokenizer_of

T = TypeVar("T")


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
    """The autoencoder's batches: crops, flipped and sometimes recoloured; towards the end whole pictures.

    Postcards may be drawn at the same time. The first steps therefore choose among few of them, later ones among
    ever more, and all of them from half of the training on.
    """

    def __init__(self, settings: Settings, folder: Path, rank: int) -> None:
        self._settings = settings
        self._postcards = postcards(folder, settings.size_px)
        self._rank = rank

    def size(self, samples: int) -> int:
        """Returns the size of the batch after so many samples: whole pictures are fewer than crops."""
        settings = self._settings.autoencoder
        return max(1, settings.batch * settings.crop_px**2 // self._side(samples) ** 2)

    def available(self, samples: int) -> int:
        """Returns how many postcards the batch after so many samples chooses from."""
        count = self._settings.pictures
        first = min(count, 2 * ROWS)
        return first + int((count - first) * min(1.0, 2 * samples / self._settings.autoencoder.samples))

    def __call__(self, progress: Progress) -> PictureBatch:
        rng = np.random.default_rng((self._settings.seed, 3, progress.step, self._rank))
        side, count = self._side(progress.samples), self.size(progress.samples)
        chosen = rng.integers(self.available(progress.samples), size=count)
        corners = rng.integers(self._settings.size_px - side + 1, size=(count, 2))
        places = zip(chosen.tolist(), corners.tolist(), strict=True)
        crops = np.stack([self._postcards[k][y : y + side, x : x + side] for k, (y, x) in places])
        flips = rng.random(count) < 0.5
        crops[flips] = crops[flips, :, ::-1]
        batch = as_tensor(crops)
        if side < self._settings.size_px and rng.random() < self._settings.autoencoder.recolour:
            batch = batch[:, torch.from_numpy(rng.permutation(3))]
            batch = -batch if rng.random() < 0.5 else batch
        return PictureBatch(batch.contiguous(), int(rng.integers(2**62)))

    def _side(self, samples: int) -> int:
        settings = self._settings.autoencoder
        is_whole = samples >= settings.samples * (1 - settings.whole_share)
        return self._settings.size_px if is_whole else settings.crop_px


class LatentBatches:
    """The diffusion's batches: cached latents with fresh captions, timesteps spread over 1000 u^0.75.

    High noise weighs a little more than in an even spread, because it decides the composition.
    """

    def __init__(self, settings: Settings, folder: Path, rank: int) -> None:
        self._settings = settings
        self._latents = latents(folder)
        self._tokenizer = tokenizer_of(settings, folder)
        self._rank = rank

    def size(self, samples: int) -> int:
        """Returns the size of any batch."""
        del samples
        return self._settings.diffusion.batch

    def __call__(self, progress: Progress) -> LatentBatch:
        settings = self._settings.diffusion
        rng = np.random.default_rng((self._settings.seed, 4, progress.step, self._rank))
        chosen = rng.integers(self._settings.pictures, size=settings.batch).tolist()
        texts = ["" if rng.random() < settings.dropout else caption(random_scene(k), rng) for k in chosen]
        timesteps = np.minimum(999, 1000 * _spread(settings.batch, rng) ** 0.75)
        return self.of(chosen, texts, timesteps, rng)

    def of(
        self, chosen: list[int], texts: list[str], timesteps: NDArray[np.float64], rng: np.random.Generator
    ) -> LatentBatch:
        """Returns a batch of these postcards' latents with these captions."""
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
    """The decoder's batches: whole pictures (batch, 3, size, size) and their latents, with little noise.

    Timesteps are spread over 600 u^2, because the last steps decide how the decoder's input looks.
    """

    def __init__(self, settings: Settings, folder: Path, rank: int) -> None:
        self._settings = settings
        self._latents = LatentBatches(settings, folder, rank)
        self._postcards = postcards(folder, settings.size_px)
        self._rank = rank

    def size(self, samples: int) -> int:
        """Returns the size of any batch."""
        del samples
        return self._settings.decoder.batch

    def __call__(self, progress: Progress) -> tuple[Tensor, LatentBatch]:
        batch = self._settings.decoder.batch
        rng = np.random.default_rng((self._settings.seed, 6, progress.step, self._rank))
        chosen = rng.integers(self._settings.pictures, size=batch).tolist()
        texts = [caption(random_scene(k), rng) for k in chosen]
        latents = self._latents.of(chosen, texts, 600 * _spread(batch, rng) ** 2, rng)
        return as_tensor(np.stack([self._postcards[k] for k in chosen])), latents


def _spread(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Returns numbers in [0, 1), one at random in each of so many equal parts."""
    return (np.arange(count) + rng.random(count)) / count


def supplied(make: Callable[[Progress], T], plan: Iterable[Progress], workers: int) -> Iterator[T]:
    """Yields `make` of each progress of the plan, in order; 0 workers make it in this process, on demand.

    With workers, `make` and its results must be picklable and should hold their tensors on the CPU.
    """
    if workers == 0:
        return map(make, plan)
    loader: DataLoader[T] = DataLoader(
        _Made(make),
        batch_size=None,
        sampler=cast(Any, plan),
        num_workers=workers,
        collate_fn=_as_it_is,
        worker_init_fn=_end_at_once,
        multiprocessing_context="spawn",
    )
    return iter(loader)


def plan(now: Progress, samples_of_step: Callable[[int], int]) -> Iterator[Progress]:
    """Yields the progress of this step and of all that follow, without end.

    Args:
        samples_of_step: returns the samples of all processes in the step after so many samples.
    """
    while True:
        yield now
        now = Progress(now.step + 1, now.samples + samples_of_step(now.samples))


class _Made(Dataset[Any]):
    def __init__(self, make: Callable[[Progress], Any]) -> None:
        self._make = make

    def __getitem__(self, index: Any) -> Any:
        return self._make(index)


def _end_at_once(worker: int) -> None:
    """Lets a spawned worker end like a forked one: without the destructors of torch's libraries.

    The destructors abort the worker if one of their threads still runs ("terminate called without an active
    exception"), and the loader then reports a failed worker. The queues are closed before this handler runs.
    """
    del worker
    atexit.register(os._exit, 0)


def _as_it_is(made: Any) -> Any:
    return made
