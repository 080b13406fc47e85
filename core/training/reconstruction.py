"""Measures an autoencoder on pictures it has never seen, and shows the smallest things on them in a grid."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.training.autoencoder_loss import chroma_error, psnr
from core.training.checkpoint import load_averages
from core.training.latents import DECODER, finished_autoencoder
from core.training.pixels import as_pixels, as_tensor, save_grid
from core.training.postcards import FIRST_UNSEEN, unseen_postcards
from core.training.regulariser import KullbackLeibler, VectorQuantised, new_regularised
from core.training.scene import Scene, random_scene
from core.training.settings import Settings

_BATCH = 25
_SHOWN = 32


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """The quality of reconstructed pictures.

    Attributes:
        pictures: number of pictures that were measured, `psnr` the mean of their PSNR in dB.
        chroma: mean absolute error of the colours without their brightness, in units of [-1, 1].
        latent_deviation: smallest and largest standard deviation of a latent channel.
        latent_extreme: largest absolute value of the latents, in standard deviations.
        codes_used: share of the codebook that occurs in these pictures; None without a codebook.
        perplexity: exp of the entropy of the codes, their number if all occurred equally often.
    """

    regulariser: str
    samples: int
    pictures: int
    psnr: float
    chroma: float
    latent_deviation: tuple[float, float]
    latent_extreme: float
    codes_used: float | None = None
    perplexity: float | None = None


@torch.no_grad()
def reconstruct(settings: Settings, folder: Path, count: int) -> Reconstruction:
    """Measures the run's autoencoder; `reconstruction.json` and `reconstruction.png` go into its folder."""
    autoencoder, samples = _trained(settings, folder)
    unseen = unseen_postcards(count, settings.size_px)
    batches = [as_tensor(unseen[start : start + _BATCH]) for start in range(0, count, _BATCH)]
    latents = [autoencoder.encoded(batch) for batch in batches]
    made = [autoencoder.decoded(some) for some in latents]
    together = torch.cat(latents)
    deviations = together.std(dim=(0, 2, 3))
    used, perplexity = _code_use(autoencoder, settings.autoencoder.codes, batches)
    found = Reconstruction(
        settings.autoencoder.regulariser,
        samples,
        count,
        psnr=float(torch.cat([psnr(*pair) for pair in zip(batches, made, strict=True)]).mean()),
        chroma=float(torch.stack([chroma_error(*pair) for pair in zip(batches, made, strict=True)]).mean()),
        latent_deviation=(float(deviations.min()), float(deviations.max())),
        latent_extreme=float(((together - together.mean()) / together.std()).abs().max()),
        codes_used=used,
        perplexity=perplexity,
    )
    (folder / "reconstruction.json").write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    chosen = _with_small_things(count)
    pairs = np.stack([unseen[chosen], as_pixels(torch.cat(made))[chosen]], axis=1)
    save_grid(folder / "reconstruction.png", pairs.reshape(-1, *unseen.shape[1:]), 8)
    return found


def _trained(settings: Settings, folder: Path) -> tuple[KullbackLeibler | VectorQuantised, int]:
    autoencoder = new_regularised(settings.autoencoder, settings.size_px)
    progress = load_averages(folder / "autoencoder.safetensors", (autoencoder.network,))
    autoencoder.network.eval()
    if (folder / DECODER).exists():
        autoencoder = KullbackLeibler(finished_autoencoder(settings, folder), settings.autoencoder.kl_weight)
    return autoencoder, progress.samples


def _code_use(
    autoencoder: KullbackLeibler | VectorQuantised, codes: int, batches: list[torch.Tensor]
) -> tuple[float | None, float | None]:
    if isinstance(autoencoder, KullbackLeibler):
        return None, None
    numbers = torch.cat([autoencoder.numbers(batch).flatten() for batch in batches])
    counts = torch.bincount(numbers, minlength=codes)
    shares = counts[counts > 0] / counts.sum()
    return float((counts > 0).float().mean()), float((-(shares * shares.log()).sum()).exp())


def _with_small_things(count: int) -> NDArray[np.int64]:
    """Returns the numbers of unseen pictures, those with moon, stars, sailboat or balloon first."""

    def smallness(scene: Scene) -> int:
        return (scene.light == "crescent moon") + scene.has_stars + (scene.sailboat is not None) + scene.has_trees

    order = np.argsort([-smallness(random_scene(FIRST_UNSEEN + number)) for number in range(count)], kind="stable")
    return order[:_SHOWN]
