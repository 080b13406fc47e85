"""Trains the autoencoder: the half of the model that turns pictures into latents and back.

The picture, 128 x 128 x 3 numbers, becomes 16 x 16 x 12; the diffusion model never sees anything else. The losses
and the mathematics are in `autoencoder_loss`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.training.autoencoder_loss import chroma_error, psnr, reconstruction_loss, thumbnail_loss
from core.training.batches import PictureBatch, PictureBatches
from core.training.course import Course, Lesson, train
from core.training.journal import append_losses, save_grid
from core.training.learner import Learner
from core.training.networks import place
from core.training.parallel import Team
from core.training.postcards import unseen_postcards
from core.training.regulariser import Regularised, new_regularised
from core.training.settings import Settings
from core.training.supply import plan, supplied


@dataclass(frozen=True, slots=True)
class AutoencoderTraining:
    """The training as a task for `run_together`.

    Attributes:
        folder: the run's folder; postcards are read from it, checkpoints, losses and grids written to it.
        seconds: stop after so many seconds of this call; None trains to the end.
        workers: processes that make batches ahead for each training process.
    """

    settings: Settings
    folder: Path
    seconds: float | None = None
    workers: int = 0

    def __call__(self, team: Team) -> None:
        """Train until the samples or the seconds are used up, going on from the last checkpoint."""
        settings = self.settings.autoencoder
        torch.manual_seed(self.settings.seed)
        autoencoder = new_regularised(settings, self.settings.size_px)
        seer = nn.Conv2d(autoencoder.channels, 3, 1)
        place(autoencoder.network, team.device)
        place(seer, team.device)
        learner = Learner(
            self.folder / "autoencoder.safetensors",
            {"network": autoencoder.network, "seer": seer},
            ema_decay=settings.ema_decay,
            weight_decay=1e-4,
        )
        course = Course(
            name="autoencoder",
            samples=settings.samples,
            peak_rate=settings.learning_rate,
            seconds=self.seconds,
            pause_seconds=self.settings.checkpoint_seconds,
            losses=self.folder / "autoencoder.csv",
        )

        batches = PictureBatches(self.settings, self.folder, team.rank)
        steps = plan(learner.progress, lambda samples: batches.size(samples) * team.size)
        supply = supplied(batches, steps, self.workers)

        def give_lesson() -> Lesson:
            return self._lesson(autoencoder, seer, next(supply), team.device)

        def pause(_is_last: bool) -> None:
            with learner.averaged():
                measured = self._measure(autoencoder, team.device)
            append_losses(self.folder / "autoencoder-measured.csv", learner.progress.step, measured)

        train(learner, team, course, give_lesson, pause)

    def _lesson(
        self, autoencoder: Regularised, seer: nn.Conv2d, made: PictureBatch, device: torch.device
    ) -> Lesson:
        batch = made.pictures.to(device).contiguous(memory_format=torch.channels_last)
        noise_source = torch.Generator(device).manual_seed(made.noise_seed)
        latents, penalty = autoencoder.learnt_from(batch, noise_source)
        reconstruction = reconstruction_loss(batch, autoencoder.decoded(latents))
        thumbnail = thumbnail_loss(batch, seer(latents))
        values = {"reconstruction": reconstruction, "thumbnail": thumbnail, "penalty": penalty}
        return Lesson(
            reconstruction + thumbnail + penalty,
            {name: float(value.detach()) for name, value in values.items()},
            len(batch),
        )

    @torch.no_grad()
    def _measure(self, autoencoder: Regularised, device: torch.device, count: int = 32) -> dict[str, float]:
        unseen = unseen_postcards(count, self.settings.size_px)
        batch = torch.from_numpy(unseen).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = autoencoder.encoded(batch)
        made = autoencoder.decoded(latents)
        shown = ((made.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        pairs = np.stack([unseen, shown], axis=1).reshape(-1, *unseen.shape[1:])
        save_grid(self.folder / "autoencoder.png", pairs, 8)
        return {
            "psnr": float(psnr(batch, made).mean()),
            "chroma": float(chroma_error(batch, made)),
            "latent_std": float(latents.std()),
        }
