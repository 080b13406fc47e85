"""Trains the decoder once more, on latents as the diffusion model gives them.

The autoencoder has learnt from latents of real pictures; the U-Net's are blurred a little, since the squared error
that it minimises is least at the mean of all that is possible. Here each real latent is noised and denoised by the
trained U-Net in one step, x0 = alpha_t x_t - sigma_t v, and the decoder learns to paint the true picture from it:
mostly by absolute error, whose best answer to an edge that may lie here or there is a sharp edge in between. The
encoder stays unchanged, and with it all latents.
"""

import torch
from torch import Tensor, nn

from core.training.autoencoder_loss import chroma_error, psnr, reconstruction_loss
from core.training.batches import LatentBatch, PairBatches
from core.training.checkpoint import Progress
from core.training.course import train
from core.training.diffusion import denoised
from core.training.export import trained_networks
from core.training.latents import decoding_half, standard_autoencoder
from core.training.networks import decoded, new_scheduler, place, posterior
from core.training.parallel import Team
from core.training.pixels import as_tensor
from core.training.postcards import unseen_postcards
from core.training.settings import Run

_MEASURED = 32


def train_decoder(run: Run, team: Team) -> None:
    """Trains the decoder against the run's U-Net until the samples or the seconds are used up."""
    autoencoder = standard_autoencoder(run.settings, run.folder)
    text_encoder, unet = trained_networks(run.settings, run.folder)
    place(autoencoder, team.device)
    frozen: list[nn.Module] = [text_encoder, unet]
    for network in frozen:
        network.to(team.device)
    half = decoding_half(autoencoder)
    for network in half.values():
        network.requires_grad_()
    alphas = new_scheduler().alphas_cumprod.to(team.device)

    def losses(made: tuple[Tensor, LatentBatch]) -> dict[str, Tensor]:
        pictures, batch = made
        latents = denoised(text_encoder, unet, batch, alphas)
        return {"reconstruction": reconstruction_loss(pictures.to(team.device), decoded(autoencoder, latents))}

    unseen = unseen_postcards(_MEASURED, run.settings.size_px)

    @torch.no_grad()
    def measure(_progress: Progress, _ends: bool) -> dict[str, float]:
        batch = as_tensor(unseen).to(team.device)
        made = decoded(autoencoder, posterior(autoencoder, batch).mean)
        return {"psnr": float(psnr(batch, made).mean()), "chroma": float(chroma_error(batch, made))}

    batches = PairBatches(run.settings, run.folder, team.rank)
    train(run, team, run.settings.decoder, half, batches, losses, measure)
