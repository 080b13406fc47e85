"""Trains the decoder once more, on latents as the diffusion model gives them.

The autoencoder has learnt from latents of real pictures; the U-Net's are blurred a little, since the squared error
it goes down is least at the mean of all that is possible. Here each real latent is noised and denoised by the
trained U-Net in one step, x0 = alpha_t x_t - sigma_t v, and the decoder learns to paint the true picture from it:
mostly by absolute error, whose best answer to an edge that may lie here or there is a sharp edge in between. The
encoder stays as it is, and with it all latents.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import nn

from core.training.autoencoder_loss import chroma_error, psnr, reconstruction_loss
from core.training.batches import PairBatches
from core.training.course import Course, Lesson, train
from core.training.diffusion import denoised
from core.training.export import trained_networks
from core.training.journal import append_losses
from core.training.judge import as_tensor
from core.training.latents import DECODER, decoding_half, standard_autoencoder
from core.training.learner import Learner
from core.training.networks import decoded, new_scheduler, place, posterior
from core.training.parallel import Team
from core.training.postcards import unseen_postcards
from core.training.settings import Settings
from core.training.supply import plan, supplied


@dataclass(frozen=True, slots=True)
class DecoderTraining:
    """The training as a task for `run_together`.

    Attributes:
        folder: the run's folder with everything that was trained before.
        seconds: stop after so many seconds of this call; None trains to the end.
        workers: processes that make batches ahead for each training process.
    """

    settings: Settings
    folder: Path
    seconds: float | None = None
    workers: int = 0

    def __call__(self, team: Team) -> None:
        """Train until the samples or the seconds are used up, going on from the last checkpoint."""
        settings = self.settings.decoder
        autoencoder = standard_autoencoder(self.settings, self.folder)
        text_encoder, unet = trained_networks(self.settings, self.folder)
        place(autoencoder, team.device)
        frozen: list[nn.Module] = [text_encoder, unet]
        for network in frozen:
            network.to(team.device)
        half = decoding_half(autoencoder)
        for network in half.values():
            network.requires_grad_()
        learner = Learner(self.folder / DECODER, half, ema_decay=settings.ema_decay, weight_decay=1e-4)
        course = Course(
            name="decoder",
            samples=settings.samples,
            peak_rate=settings.learning_rate,
            seconds=self.seconds,
            pause_seconds=self.settings.checkpoint_seconds,
            losses=self.folder / "decoder.csv",
        )
        alphas = new_scheduler().alphas_cumprod.to(team.device)
        batches = PairBatches(self.settings, self.folder, team.rank)
        steps = plan(learner.progress, lambda _: settings.batch * team.size)
        supply = supplied(batches, steps, self.workers)

        def give_lesson() -> Lesson:
            pictures, batch = next(supply)
            latents = denoised(text_encoder, unet, batch, alphas)
            loss = reconstruction_loss(pictures.to(team.device), decoded(autoencoder, latents))
            return Lesson(loss, {"reconstruction": float(loss.detach())}, settings.batch)

        def pause(_is_last: bool) -> None:
            with learner.averaged():
                append_losses(self.folder / "decoder-measured.csv", learner.progress.step, _measure(autoencoder))

        train(learner, team, course, give_lesson, pause)


@torch.no_grad()
def _measure(autoencoder: AutoencoderKL, count: int = 32) -> dict[str, float]:
    size_px = int(autoencoder.config["sample_size"])
    batch = as_tensor(unseen_postcards(count, size_px)).to(next(autoencoder.parameters()).device)
    made = decoded(autoencoder, posterior(autoencoder, batch).mean)
    return {"psnr": float(psnr(batch, made).mean()), "chroma": float(chroma_error(batch, made))}
