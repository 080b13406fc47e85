"""Trains the autoencoder: the half of the model that turns pictures into latents and back.

The picture, 128 x 128 x 3 numbers, becomes 16 x 16 x 12; the diffusion model never sees anything else. The losses
and the mathematics are in `autoencoder_loss`.
"""

import numpy as np
import torch
from torch import Tensor, nn

from core.training.autoencoder_loss import chroma_error, psnr, reconstruction_loss, thumbnail_loss
from core.training.batches import PictureBatch, PictureBatches
from core.training.checkpoint import Progress
from core.training.course import train
from core.training.networks import place
from core.training.parallel import Team
from core.training.pixels import as_pixels, as_tensor, save_grid
from core.training.postcards import unseen_postcards
from core.training.regulariser import new_regularised
from core.training.settings import Run

_MEASURED = 32


def train_autoencoder(run: Run, team: Team) -> None:
    """Trains the autoencoder on the run's postcards until the samples or the seconds are used up."""
    settings = run.settings.autoencoder
    torch.manual_seed(run.settings.seed)
    autoencoder = new_regularised(settings, run.settings.size_px)
    seer = nn.Conv2d(autoencoder.channels, 3, 1)
    place(autoencoder.network, team.device)
    place(seer, team.device)
    unseen = unseen_postcards(_MEASURED, run.settings.size_px)

    def losses(made: PictureBatch) -> dict[str, Tensor]:
        batch = made.pictures.to(team.device).contiguous(memory_format=torch.channels_last)
        noise_source = torch.Generator(team.device).manual_seed(made.noise_seed)
        latents, penalty = autoencoder.learnt_from(batch, noise_source)
        return {
            "reconstruction": reconstruction_loss(batch, autoencoder.decoded(latents)),
            "thumbnail": thumbnail_loss(batch, seer(latents)),
            "penalty": penalty,
        }

    @torch.no_grad()
    def measure(_progress: Progress, _ends: bool) -> dict[str, float]:
        batch = as_tensor(unseen).to(team.device)
        latents = autoencoder.encoded(batch)
        made = autoencoder.decoded(latents)
        pairs = np.stack([unseen, as_pixels(made)], axis=1).reshape(-1, *unseen.shape[1:])
        save_grid(run.folder / "autoencoder.png", pairs, 8)
        return {
            "psnr": float(psnr(batch, made).mean()),
            "chroma": float(chroma_error(batch, made)),
            "latent_std": float(latents.std()),
        }

    batches = PictureBatches(run.settings, run.folder, team.rank)
    networks = {"network": autoencoder.network, "seer": seer}
    train(run, team, settings, networks, batches, losses, measure)
